import type { AnswerResult, ReviewItemDocument, UndoneAnswer } from "@relearn/contract";
import { ApiError, callApi } from "../api/call-api.ts";
import type { PendingAnswer } from "./answer-outbox.ts";

/** Requested duration of a lease; it is renewed while the person works on the item. */
export const LEASE_SECONDS = 600;

const itemPath = (itemId: number): string => `/v1/review/items/${itemId}`;

/** Claims the item that the person already holds, else the next one; null if none waits for them. */
export async function claimNext(agent: string): Promise<ReviewItemDocument | null> {
  const { items } = await callApi<{ items: ReviewItemDocument[] }>("POST", "/v1/review/claim", {
    body: { agent, count: 1, resume: true, lease_seconds: LEASE_SECONDS },
  });
  return items[0] ?? null;
}

export function claimItem(itemId: number): Promise<ReviewItemDocument> {
  return callApi("POST", `${itemPath(itemId)}/claim`, { body: { lease_seconds: LEASE_SECONDS } });
}

export function renewLease(itemId: number, leaseToken: string): Promise<{ expires_at: string }> {
  return callApi("POST", `${itemPath(itemId)}/renew`, {
    body: { lease_token: leaseToken, lease_seconds: LEASE_SECONDS },
  });
}

export function releaseItem(itemId: number, leaseToken: string): Promise<unknown> {
  return callApi("POST", `${itemPath(itemId)}/release`, { body: { lease_token: leaseToken } });
}

export function undoLast(agent: string): Promise<UndoneAnswer> {
  return callApi("POST", "/v1/review/undo", { body: { agent, lease_seconds: LEASE_SECONDS } });
}

export type Sent =
  | { readonly kind: "stored"; readonly result: AnswerResult }
  /** The lease had ended and another person has, or has answered, the item. */
  | { readonly kind: "lost"; readonly endedAt: string | null };

/** Sends an answer. If its lease has ended and the item is free, claims the item again and then sends. */
export async function sendAnswer(answer: PendingAnswer): Promise<Sent> {
  try {
    return { kind: "stored", result: await postAnswer(answer) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "lease_lost") throw error;
    const endedAt = typeof error.details["ended_at"] === "string" ? error.details["ended_at"] : null;
    if (error.details["free"] !== true) return { kind: "lost", endedAt };
    const claimed = await claimItem(answer.item_id).catch((failure: unknown) => {
      if (failure instanceof ApiError && failure.code === "lease_lost") return null;
      throw failure;
    });
    const token = claimed?.lease?.token;
    if (!token) return { kind: "lost", endedAt };
    return { kind: "stored", result: await postAnswer({ ...answer, lease_token: token }) };
  }
}

function postAnswer(answer: PendingAnswer): Promise<AnswerResult> {
  const notes = answer.notes.trim();
  const shared = { lease_token: answer.lease_token, ...(notes === "" ? {} : { notes }) };
  return answer.label === null
    ? callApi("POST", `${itemPath(answer.item_id)}/skip`, { body: { reason: answer.skip_reason, ...shared } })
    : callApi("POST", `${itemPath(answer.item_id)}/label`, { body: { label: answer.label, ...shared } });
}
