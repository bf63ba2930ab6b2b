import { createHash } from "node:crypto";
import type { Context } from "hono";
import { RelearnError } from "../errors.ts";
import type { Carried } from "../idempotency/idempotency-service.ts";
import { type HttpEnv, principalName } from "./principal.ts";
import type { RequestBody } from "./request-body.ts";

/**
 * How a request with an idempotency key is carried out: its change and its answer in one transaction; or, where
 * the work is long and harmless to do again, the answer kept after it; or not at all, where the answer holds a
 * secret that must not be kept.
 */
export type RequestOnce = "atomic" | "repeatable" | "refused";

export const IDEMPOTENCY_HEADER = "idempotency-key";
/** Set on an answer that was given before. */
const REPLAYED_HEADER = "idempotent-replayed";

/** As its draft standard writes it, in quotes, or bare as most clients do. */
const keyForm = /^(?:"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x2b\x2d-\x7e]{1,255}))$/;

/** Runs the rest of a route; once, where the request has an idempotency key. */
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
      `This route's answer holds a secret, which is kept nowhere, so it cannot be given twice: leave ${IDEMPOTENCY_HEADER} out.`,
    );
  }
  const form = keyForm.exec(header);
  const key = form?.[1] ?? form?.[2];
  if (key === undefined) {
    throw new RelearnError(
      "invalid_input",
      `${IDEMPOTENCY_HEADER} must be 1 to 255 visible ASCII characters, bare or in double quotes; a random UUID does.`,
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
    async (): Promise<Carried> => {
      await next();
      // What was thrown has become an answer on its way here; nothing of it is kept, and it may be tried again.
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
