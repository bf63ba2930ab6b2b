import { lookup } from "node:dns";
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { findAddressFault, toBareHost } from "./webhook-address.ts";

/** Result of one attempt; `error` is a sentence. */
export type SendResult = { readonly delivered: true } | { readonly delivered: false; readonly error: string };

const TIMEOUT_MS = 10_000;

export type SendWebhook = typeof sendWebhook;

/**
 * Sends a body with POST, once. Any 2xx status counts as delivered. Redirects are not followed, the response
 * body is not read, and the attempt times out after ten seconds. Never throws.
 */
export function sendWebhook(
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeoutMs: number = TIMEOUT_MS,
): Promise<SendResult> {
  return new Promise((resolve) => {
    const fail = (error: string): void => resolve({ delivered: false, error: error.slice(0, 500) });
    let url: URL;
    try {
      url = new URL(address);
    } catch {
      return fail(`"${address}" is not a URL.`);
    }
    const isPlain = url.protocol === "http:";
    // IP addresses are not resolved, so they are checked here.
    const literal = toBareHost(url);
    const fault = isIP(literal) === 0 ? null : findAddressFault(literal, isPlain);
    if (fault !== null) return fail(`Not sent: ${fault}.`);
    const sent = (isPlain ? requestPlain : requestSecure)(
      url,
      {
        method: "POST",
        headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
        // A new connection, to the address that was checked.
        agent: false,
        lookup: createCheckedLookup(isPlain),
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const status = response.statusCode ?? 0;
        response.destroy();
        if (status >= 200 && status < 300) resolve({ delivered: true });
        else if (status >= 300 && status < 400)
          fail(`The receiver responded with ${status}; redirects are not followed.`);
        else fail(`The receiver responded with ${status}.`);
      },
    );
    sent.on("error", (error) => {
      const isLate = error.name === "TimeoutError" || error.name === "AbortError";
      fail(isLate ? `No response within ${timeoutMs / 1000} s.` : error.message || String(error));
    });
    sent.end(body);
  });
}

/** Creates a DNS lookup that refuses a name if any of its addresses is refused. */
function createCheckedLookup(isPlain: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      for (const { address } of addresses) {
        const fault = findAddressFault(address, isPlain);
        if (fault !== null) return callback(new Error(`Not sent: ${hostname}: ${fault}.`), "", 0);
      }
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? "", first?.family ?? 0);
    });
  };
}
