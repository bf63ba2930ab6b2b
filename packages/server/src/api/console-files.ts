/**
 * Serves the built console: its assets under hashed names, and its single page at every other path, where the
 * client-side router takes over.
 *
 * The Content-Security-Policy of the page allows scripts from files of this service only, and styles with the
 * nonce of the response, because the component library writes style elements. Inline scripts are refused.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context, MiddlewareHandler } from "hono";

/** Output folder of `npm run build -w @relearn/console`. */
export const CONSOLE_FOLDER = fileURLToPath(new URL("../../console/", import.meta.url));

/** Placeholder of the nonce in the built page; set in `packages/console/vite.config.ts`. */
const NONCE_PLACE = "RELEARN-NONCE";

const mediaTypes: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Path of a file of the build: a name without folders. */
const assetPath = /^\/assets\/([A-Za-z0-9_-][A-Za-z0-9._-]*)$/;

/** Paths that do not belong to the console: an unknown path there is an error, not a page. */
const otherAddresses = /^\/(?:v1|openapi\.json|docs|healthz|assets)(?:\/|$)/;

const commonHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** Creates the middleware for GET at any path; it runs after every other route. */
export function consoleFiles(folder: string = CONSOLE_FOLDER): MiddlewareHandler {
  return async (context, next) => {
    const { pathname } = new URL(context.req.url);
    const asset = assetPath.exec(pathname)?.[1];
    if (asset !== undefined) {
      const answer = await assetAnswer(context, folder, asset);
      if (answer !== undefined) return answer;
    }
    if (otherAddresses.test(pathname)) return next();
    return pageAnswer(context, folder);
  };
}

async function assetAnswer(context: Context, folder: string, name: string): Promise<Response | undefined> {
  const mediaType = mediaTypes[extname(name)];
  if (mediaType === undefined) return undefined;
  const accepted = context.req.header("accept-encoding") ?? "";
  for (const [encoding, suffix] of [
    ["br", ".br"],
    ["gzip", ".gz"],
    ["", ""],
  ] as const) {
    if (!accepted.includes(encoding)) continue;
    const content = await readIfThere(join(folder, "assets", name + suffix));
    if (content === undefined) continue;
    return context.body(content, 200, {
      ...commonHeaders,
      "content-type": mediaType,
      // The name contains a hash of the content.
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      ...(encoding === "" ? {} : { "content-encoding": encoding }),
    });
  }
  return undefined;
}

async function pageAnswer(context: Context, folder: string): Promise<Response> {
  const page = await readIfThere(join(folder, "index.html"));
  const nonce = randomBytes(16).toString("base64url");
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return context.body(
    page === undefined ? notBuilt : new TextDecoder().decode(page).replaceAll(NONCE_PLACE, nonce),
    page === undefined ? 503 : 200,
    {
      ...commonHeaders,
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": policy,
      "x-frame-options": "DENY",
      "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    },
  );
}

const notBuilt = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Relearn</title></head>
<body>
<h1>The console is not built</h1>
<p>The service is running, but the console is missing from this checkout. Build it with <code>npm run build -w @relearn/console</code>, then reload this page.</p>
<p><a href="/docs">HTTP API reference</a></p>
</body>
</html>
`;

async function readIfThere(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      ["ENOENT", "EISDIR", "ENOTDIR"].includes(String(error.code))
    )
      return undefined;
    throw error;
  }
}
