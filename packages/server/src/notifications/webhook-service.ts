import { lookup } from "node:dns";
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { bareHost, faultOfAddress } from "./webhook-address.ts";

/** What came of one attempt; a sentence of what went wrong, or null. */
export type SendResult = { readonly delivered: true } | { readonly delivered: false; readonly error: string };

const TIMEOUT_MS = 10_000;

export type SendWebhook = typeof sendWebhook;

/**
 * POSTs a body once. Delivered is any 2xx; a redirect is not followed, the answer's body is not read, and
 * the whole attempt ends after ten seconds. Never throws.
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
      return fail(`"${address}" is no address.`);
    }
    const isPlain = url.protocol === "http:";
    // Literal addresses are never looked up.
    const literal = bareHost(url);
    const fault = isIP(literal) === 0 ? null : faultOfAddress(literal, isPlain);
    if (fault !== null) return fail(`Not sent: ${fault}.`);
    const sent = (isPlain ? requestPlain : requestSecure)(
      url,
      {
        method: "POST",
        headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
        // A connection of its own, made to the address that was checked.
        agent: false,
        lookup: checkedLookup(isPlain),
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const status = response.statusCode ?? 0;
        response.destroy();
        if (status >= 200 && status < 300) resolve({ delivered: true });
        else if (status >= 300 && status < 400) fail(`It answered ${status}; redirects are not followed.`);
        else fail(`It answered ${status}.`);
      },
    );
    sent.on("error", (error) => {
      const isLate = error.name === "TimeoutError" || error.name === "AbortError";
      fail(isLate ? `No answer within ${timeoutMs / 1000} s.` : error.message || String(error));
    });
    sent.end(body);
  });
}

/** Looks a name up and refuses it where one of its addresses is refused: which one is taken is not ours to know. */
function checkedLookup(isPlain: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      for (const { address } of addresses) {
        const fault = faultOfAddress(address, isPlain);
        if (fault !== null) return callback(new Error(`Not sent: ${hostname} is ${fault}.`), "", 0);
      }
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? "", first?.family ?? 0);
    });
  };
}
