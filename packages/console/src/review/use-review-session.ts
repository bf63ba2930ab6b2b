import type { ReviewItemDocument, SkipReason } from "@relearn/contract";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../api/call-api.ts";
import { keepDraft, keepInOutbox, type PendingAnswer, readOutbox, takeFromOutbox } from "./answer-outbox.ts";
import type { LastAnswer } from "./last-answer.tsx";
import type { LostLease } from "./lost-lease.tsx";
import { claimItem, claimNext, releaseItem, sendAnswer, undoLast } from "./review-api.ts";

const RETRY_INTERVAL_MS = 4000;

export type ReviewStage =
  | { readonly kind: "loading" }
  | { readonly kind: "item"; readonly item: ReviewItemDocument }
  | { readonly kind: "empty" }
  | { readonly kind: "failed"; readonly error: Error }
  | LostLease;

/** Answer to an item: a label or a reason to skip, with an optional comment. */
export interface GivenAnswer {
  readonly label: string | null;
  readonly skip_reason: SkipReason | null;
  readonly notes: string;
}

export interface ReviewSession {
  readonly stage: ReviewStage;
  readonly last: LastAnswer | null;
  /** Number of labels that the person gave since the page was opened. */
  readonly labeledCount: number;
  readonly message: string | null;
  /** Number of answers that wait until the service answers. */
  readonly unsentCount: number;
  showNext(): Promise<void>;
  answer(given: GivenAnswer): void;
  undo(): Promise<void>;
  setMessage(message: string | null): void;
}

interface ReviewSessionOptions {
  readonly agent: string;
  readonly person: string;
  /** Item to begin with; the next one that waits if it is undefined. */
  readonly first: number | undefined;
}

/**
 * Claims items one by one, sends their answers, and undoes the last one. An answer is stored in this browser
 * before it is sent, and is sent again until the service has it.
 */
export function useReviewSession({ agent, person, first }: ReviewSessionOptions): ReviewSession {
  const client = useQueryClient();
  const [stage, setStage] = useState<ReviewStage>({ kind: "loading" });
  const [last, setLast] = useState<LastAnswer | null>(null);
  const [labeledCount, setLabeledCount] = useState(0);
  const [message, setMessage] = useState<string | null>(null);
  const [unsent, setUnsent] = useState<readonly PendingAnswer[]>([]);
  const isSending = useRef(false);
  const item = stage.kind === "item" ? stage.item : null;

  const show = (next: ReviewItemDocument | null) =>
    setStage(next === null ? { kind: "empty" } : { kind: "item", item: next });

  const showNext = async () => {
    try {
      show(await claimNext(agent));
    } catch (error) {
      setStage({ kind: "failed", error: toError(error) });
    }
    void client.invalidateQueries({ queryKey: ["queue"] });
  };

  const refreshUnsent = () => setUnsent(readOutbox(localStorage).filter((one) => one.person === person));

  /** Sends the answers that an earlier visit could not send. */
  const resend = async () => {
    for (const answer of readOutbox(localStorage).filter((one) => one.person === person)) {
      try {
        await sendAnswer(answer);
        takeFromOutbox(localStorage, answer.lease_token);
      } catch (error) {
        if (isUnreachable(error)) break;
        takeFromOutbox(localStorage, answer.lease_token);
        setMessage(`An answer was refused: ${toError(error).message}`);
      }
    }
    refreshUnsent();
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: once a view; the page makes a new one for another agent or person.
  useEffect(() => {
    let left = false;
    const begin = async () => {
      await resend();
      if (left) return;
      if (first === undefined) return showNext();
      try {
        show(await claimItem(first));
      } catch (error) {
        setStage({ kind: "failed", error: toError(error) });
      }
    };
    void begin();
    return () => {
      left = true;
    };
  }, []);

  const send = async (answer: PendingAnswer) => {
    isSending.current = true;
    // Stored before it is sent: neither a reload nor a stopped service loses it.
    keepInOutbox(localStorage, answer);
    setMessage(null);
    try {
      const sent = await sendAnswer(answer);
      takeFromOutbox(localStorage, answer.lease_token);
      refreshUnsent();
      keepDraft(localStorage, person, answer.item_id, "");
      if (sent.kind === "lost") {
        setStage({ kind: "lost", endedAt: sent.endedAt, text: answer.notes });
        return;
      }
      if (answer.label !== null) setLabeledCount((count) => count + 1);
      setLast({
        result: sent.result,
        words: answer.label ?? `skipped, ${answer.skip_reason?.replaceAll("_", " ")}`,
      });
      await showNext();
    } catch (error) {
      if (!isUnreachable(error)) {
        takeFromOutbox(localStorage, answer.lease_token);
        setMessage(toError(error).message);
      }
      refreshUnsent();
    } finally {
      isSending.current = false;
    }
  };

  useEffect(() => {
    const [waiting] = unsent;
    if (waiting === undefined) return;
    const timer = setInterval(() => {
      if (!isSending.current) void send(waiting);
    }, RETRY_INTERVAL_MS);
    return () => clearInterval(timer);
  });

  const answer = ({ label, skip_reason, notes }: GivenAnswer) => {
    const token = item?.lease?.token;
    if (item === null || !token || isSending.current) return;
    void send({ item_id: item.item_id, agent, person, lease_token: token, label, skip_reason, notes });
  };

  const undo = async () => {
    if (isSending.current) return;
    isSending.current = true;
    try {
      const held = item?.lease?.token;
      const { undone, item: back } = await undoLast(agent);
      if (item !== null && held && item.item_id !== back.item_id) {
        await releaseItem(item.item_id, held).catch(() => {});
      }
      if (undone.label !== null) setLabeledCount((count) => Math.max(0, count - 1));
      setLast(null);
      setMessage(`Undone: ${undone.label ?? "a skip"}. You hold the item again.`);
      show(back);
    } catch (error) {
      setMessage(toError(error).message);
    } finally {
      isSending.current = false;
    }
  };

  return {
    stage,
    last,
    labeledCount,
    message,
    unsentCount: unsent.length,
    showNext,
    answer,
    undo,
    setMessage,
  };
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
