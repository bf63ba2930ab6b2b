import { createHash } from "node:crypto";
import type { Context } from "hono";
import { RelearnError } from "../errors.ts";
import type { ExecutionOutcome } from "../idempotency/idempotency-service.ts";
import { type HttpEnv, principalName } from "./principal.ts";
import type { RequestBody } from "./request-body.ts";

/**
 * How a route handles an idempotency key. `atomic`: the change and its response commit in one transaction.
 * `repeatable`: the work is long and harmless to repeat, and the response is stored after it. `refused`: the
 * response contains a secret that must not be stored.
 */
export type RequestOnce = "atomic" | "repeatable" | "refused";

export const IDEMPOTENCY_HEADER = "idempotency-key";
/** Header of a response that is replayed from an earlier request. */
const REPLAYED_HEADER = "idempotent-replayed";

/** The key in double quotes, as the draft standard writes it, or bare, as most clients send it. */
const keyForm = /^(?:"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x2b\x2d-\x7e]{1,255}))$/;

/** Runs the rest of a route; only once if the request has an idempotency key. */
export async function carryOutOnce(
  context: Context<HttpEnv>,
  once: RequestOnce,
  body: RequestBody,
  next: () => Promise<void>,
): Promise<void> {
  const header = context.req.header(IDEMPOTENCY_HEADER);
  const service = context.get("idempotency");
  if (header === undefined || service === undefined) return next();
  if (once === "refused") {
    throw new RelearnError(
      "invalid_input",
      `This route does not support ${IDEMPOTENCY_HEADER}, because its response contains a secret that is not stored. Remove the header.`,
    );
  }
  const match = keyForm.exec(header);
  const key = match?.[1] ?? match?.[2];
  if (key === undefined) {
    throw new RelearnError(
      "invalid_input",
      `${IDEMPOTENCY_HEADER} must be 1 to 255 visible ASCII characters, bare or in double quotes, for example a random UUID.`,
    );
  }
  const { pathname, search } = new URL(context.req.url);
  const address = `${context.req.method} ${pathname}${search}\n`;
  const digest = async (): Promise<string> =>
    createHash("sha256")
      .update(address)
      .update(await body.digest())
      .digest("hex");
  const result = await service.once(
    {
      key,
      principal: principalName(context.get("principal")),
      digest,
      knownDigest: body.isRead ? await digest() : undefined,
      atomic: once === "atomic",
    },
    async (): Promise<ExecutionOutcome> => {
      await next();
      // Errors are already converted to responses here. They are not stored, so the request can be sent again.
      if (context.error !== undefined || !context.res.ok) return { refused: true };
      return {
        answer: {
          status: context.res.status,
          contentType: context.res.headers.get("content-type") ?? "application/json",
          text: await context.res.clone().text(),
        },
      };
    },
  );
  if (!("replayed" in result)) return;
  const { status, contentType, text } = result.replayed;
  context.res = new Response(text, {
    status,
    headers: { "content-type": contentType, [REPLAYED_HEADER]: "true" },
  });
}
