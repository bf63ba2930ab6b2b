/**
 * Protection against requests that a page of another site makes through a user's browser.
 *
 * A browser states the origin of each request: in `sec-fetch-site`, which a page cannot forge, and in `origin`
 * on every request that can change state. Programs send neither.
 * While the service has no keys, it also accepts only names of this machine: a hostile page whose host name
 * resolves to 127.0.0.1 (DNS rebinding) has the same origin for the browser, but it cannot change the host name.
 */

/** Returns whether a request with this method can change state. */
export function isUnsafe(method: string): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(method.toUpperCase());
}

/**
 * Classifies the origin of a request. `own`: a page of this service, or a URL typed by the user. `foreign`: a
 * page of another site. `unknown`: the request does not state it, as those of programs.
 */
export function classifyOrigin(request: Request): "own" | "foreign" | "unknown" {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none" ? "own" : "foreign";
  const origin = request.headers.get("origin");
  if (origin === null) return "unknown";
  // The scheme is ignored: behind a reverse proxy that terminates TLS, the service receives http.
  return URL.canParse(origin) && new URL(origin).host === new URL(request.url).host ? "own" : "foreign";
}

/** Returns whether a host name always refers to this machine, independent of DNS. */
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

/** Returns whether a proxy forwarded the request. */
export function isForwarded(request: Request): boolean {
  return ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"].some((name) =>
    request.headers.has(name),
  );
}

/** Returns whether the browser uses TLS, as far as the service can know behind a proxy. */
export function isOverTls(request: Request): boolean {
  const forwarded = request.headers.get("x-forwarded-proto")?.split(",")[0]?.trim().toLowerCase();
  return forwarded === "https" || new URL(request.url).protocol === "https:";
}
