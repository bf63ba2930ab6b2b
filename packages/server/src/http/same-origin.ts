/**
 * What keeps the page of another site from using the service through somebody's browser.
 *
 * A browser says with each request where it comes from: `sec-fetch-site`, which no page can forge, and `origin`
 * on every request that may change something. Programs send neither.
 * While the service is open it also answers to names of this machine alone: a hostile page whose own name is
 * made to point at 127.0.0.1 (DNS rebinding) is of the same origin to the browser, but it cannot change the
 * name in the address.
 */

/** Whether a request with this method may change something. */
export function isUnsafe(method: string): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(method.toUpperCase());
}

/**
 * `own`: a page of this service made the request, or somebody who typed its address. `foreign`: another page
 * did. `untold`: nothing says so, as from programs.
 */
export function classifyOrigin(request: Request): "own" | "foreign" | "untold" {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none" ? "own" : "foreign";
  const origin = request.headers.get("origin");
  if (origin === null) return "untold";
  // The scheme is left out: behind a proxy that ends TLS the service is asked over http.
  return URL.canParse(origin) && new URL(origin).host === new URL(request.url).host ? "own" : "foreign";
}

/** Whether a host name always means this machine, whatever a name server says. */
export function isLoopbackName(hostname: string): boolean {
  const name = hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(name) ||
    /^::ffff:127(\.\d{1,3}){3}$/.test(name) ||
    /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(name)
  );
}

/** Whether something between passed the request on from elsewhere. */
export function isForwarded(request: Request): boolean {
  return ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"].some((name) =>
    request.headers.has(name),
  );
}

/** Whether the browser reached the service over TLS, as far as the service can know behind a proxy. */
export function isOverTls(request: Request): boolean {
  const forwarded = request.headers.get("x-forwarded-proto")?.split(",")[0]?.trim().toLowerCase();
  return forwarded === "https" || new URL(request.url).protocol === "https:";
}
