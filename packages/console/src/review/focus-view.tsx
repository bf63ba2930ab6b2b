import { Button, Menu, Textarea } from "@mantine/core";
import type { ReviewItemDocument, SkipReason } from "@relearn/contract";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { ApiError } from "../api/call-api.ts";
import { agentsQuery, jobsQuery, queueQuery } from "../api/documents.ts";
import { formatAmount } from "../format/numbers.ts";
import { formatClock } from "../format/times.ts";
import { Empty } from "../parts/empty.tsx";
import { Problem } from "../parts/problem.tsx";
import { Loading } from "../parts/region.tsx";
import { TimeText } from "../parts/time-text.tsx";
import {
  keepDraft,
  keepInOutbox,
  type PendingAnswer,
  readDraft,
  readOutbox,
  takeFromOutbox,
} from "./answer-outbox.ts";
import { type LastAnswer, LastAnswerLine, lastWords } from "./last-answer.tsx";
import { type LostLease, LostLeaseNotice } from "./lost-lease.tsx";
import { PayloadView } from "./payload-view.tsx";
import { claimItem, claimNext, releaseItem, sendAnswer, undoLast } from "./review-api.ts";
import { reviewCommand } from "./review-keys.ts";
import { reviewPreferences } from "./review-preferences.ts";
import { ReviewStrip } from "./review-strip.tsx";
import { SampleNow } from "./sample-now.tsx";
import { useLease } from "./use-lease.ts";

const skipReasons: readonly { readonly reason: SkipReason; readonly words: string }[] = [
  { reason: "unclear", words: "Unclear" },
  { reason: "missing_data", words: "Missing data" },
  { reason: "not_my_field", words: "Not my field" },
  { reason: "duplicate", words: "Duplicate" },
  { reason: "other", words: "Other" },
];

const RETRY_MS = 4000;
const SCROLL_PX = 120;

type Stage =
  | { readonly kind: "loading" }
  | { readonly kind: "item"; readonly item: ReviewItemDocument }
  | { readonly kind: "empty" }
  | { readonly kind: "failed"; readonly error: Error }
  | LostLease;

interface FocusViewProps {
  readonly agent: string;
  readonly person: string;
  /** The item to begin with; left out: the next that waits. */
  readonly first?: number;
}

/** One item at a time: the payload, why it is here, and the labels on their keys. */
export function FocusView({ agent, person, first }: FocusViewProps) {
  const client = useQueryClient();
  const { data: agents } = useQuery(agentsQuery);
  const definition = agents?.find((one) => one.definition.name === agent)?.definition;
  const queue = useQuery(queueQuery(agent));
  const jobs = useQuery(jobsQuery);
  const samplingAt = jobs.data?.find((job) => job.job === "sample_review_queue")?.next_run_at;
  const nextSampling = samplingAt ? formatClock(samplingAt) : undefined;

  const [stage, setStage] = useState<Stage>({ kind: "loading" });
  const [notes, setNotes] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [choosingSkip, setChoosingSkip] = useState(false);
  const [commenting, setCommenting] = useState(false);
  const [last, setLast] = useState<LastAnswer | null>(null);
  const [showVerdicts, setShowVerdicts] = useState(false);
  const [labeled, setLabeled] = useState(0);
  const [message, setMessage] = useState<string | null>(null);
  const [unsent, setUnsent] = useState<readonly PendingAnswer[]>([]);
  const sending = useRef(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const comment = useRef<HTMLTextAreaElement>(null);

  const item = stage.kind === "item" ? stage.item : null;
  const lease = useLease(item);
  const classes = item?.classes ?? definition?.classes ?? [];

  const show = useCallback(
    (next: ReviewItemDocument | null) => {
      setStage(next === null ? { kind: "empty" } : { kind: "item", item: next });
      setNotes(next === null ? "" : readDraft(localStorage, person, next.item_id));
      setChosen(null);
      setChoosingSkip(false);
      setCommenting(false);
      requestAnimationFrame(() => {
        window.scrollTo({ top: 0 });
        heading.current?.focus({ preventScroll: true });
      });
    },
    [person],
  );

  const next = useCallback(async () => {
    try {
      show(await claimNext(agent));
    } catch (error) {
      setStage({ kind: "failed", error: asError(error) });
    }
    void client.invalidateQueries({ queryKey: ["queue"] });
  }, [agent, client, show]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once a view; the page makes a new one for another agent or person.
  useEffect(() => {
    let left = false;
    const begin = async () => {
      await resend();
      if (left) return;
      if (first === undefined) return next();
      try {
        show(await claimItem(first));
      } catch (error) {
        setStage({ kind: "failed", error: asError(error) });
      }
    };
    void begin();
    return () => {
      left = true;
    };
  }, []);

  const refreshUnsent = () => setUnsent(readOutbox(localStorage).filter((one) => one.person === person));

  /** Sends what an earlier failure kept back. */
  const resend = async () => {
    for (const answer of readOutbox(localStorage).filter((one) => one.person === person)) {
      try {
        await sendAnswer(answer);
        takeFromOutbox(localStorage, answer.lease_token);
      } catch (error) {
        if (isUnreachable(error)) break;
        takeFromOutbox(localStorage, answer.lease_token);
        setMessage(`An answer was refused: ${asError(error).message}`);
      }
    }
    refreshUnsent();
  };

  useEffect(() => {
    if (unsent.length === 0) return;
    const timer = setInterval(() => {
      if (!sending.current) void deliver();
    }, RETRY_MS);
    return () => clearInterval(timer);
  });

  const deliver = async () => {
    const answer = unsent[0];
    if (answer === undefined) return;
    await send(answer);
  };

  const answerWith = (answer: { label: string | null; skip_reason: SkipReason | null; words: string }) => {
    const token = item?.lease?.token;
    if (item === null || !token || sending.current) return;
    void send({
      item_id: item.item_id,
      agent,
      person,
      lease_token: token,
      label: answer.label,
      skip_reason: answer.skip_reason,
      notes,
    });
  };

  const send = async (answer: PendingAnswer) => {
    sending.current = true;
    // Kept before it is sent: neither a reload nor a stopped service loses it.
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
      if (answer.label !== null) setLabeled((count) => count + 1);
      setLast({
        result: sent.result,
        words: answer.label ?? `skipped, ${answer.skip_reason?.replaceAll("_", " ")}`,
      });
      setShowVerdicts(false);
      await next();
    } catch (error) {
      if (isUnreachable(error)) {
        refreshUnsent();
      } else {
        takeFromOutbox(localStorage, answer.lease_token);
        refreshUnsent();
        setMessage(asError(error).message);
      }
    } finally {
      sending.current = false;
    }
  };

  const undo = async () => {
    if (sending.current) return;
    sending.current = true;
    try {
      const held = item?.lease?.token;
      const { undone, item: back } = await undoLast(agent);
      if (item !== null && held && item.item_id !== back.item_id) {
        await releaseItem(item.item_id, held).catch(() => {});
      }
      if (undone.label !== null) setLabeled((count) => Math.max(0, count - 1));
      setLast(null);
      setMessage(`Taken back: ${undone.label ?? "a skip"}. The item is yours again.`);
      show(back);
    } catch (error) {
      setMessage(asError(error).message);
    } finally {
      sending.current = false;
    }
  };

  const choose = (label: string) => {
    // With a comment, or one-press off, a digit chooses; Ctrl or Cmd + Enter sends.
    if (notes.trim() !== "" || !reviewPreferences.onePress()) setChosen(label);
    else answerWith({ label, skip_reason: null, words: label });
  };

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : null;
      const typing =
        target?.closest("input, textarea, select, [contenteditable]") !== null && target !== null;
      const inDialog = document.querySelector('[role="dialog"]') !== null;
      const command = reviewCommand({
        key: event.key,
        ctrl: event.ctrlKey,
        meta: event.metaKey,
        alt: event.altKey,
        typing,
        inDialog,
        choosingSkip,
      });
      if (command === null || (!reviewPreferences.keys() && command.kind !== "leave")) return;
      event.preventDefault();
      switch (command.kind) {
        case "label": {
          const label = classes[command.index];
          if (label !== undefined) choose(label);
          return;
        }
        case "send":
          if (chosen !== null) answerWith({ label: chosen, skip_reason: null, words: chosen });
          else setMessage("No label is chosen: press its digit first.");
          return;
        case "skip":
          if (item !== null) setChoosingSkip(true);
          return;
        case "skip_reason": {
          const skip = skipReasons[command.index];
          if (skip !== undefined) answerWith({ label: null, skip_reason: skip.reason, words: skip.words });
          return;
        }
        case "undo":
          void undo();
          return;
        case "comment":
          openComment();
          return;
        case "leave":
          if (typing) target?.blur();
          setChoosingSkip(false);
          return;
        case "verdicts":
          if (last !== null) setShowVerdicts((shown) => !shown);
          return;
        case "scroll":
          window.scrollBy({ top: command.by * SCROLL_PX });
          return;
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  });

  const openComment = () => {
    // In a narrow window the field stands in the bar only while it is wanted. At once: the next letter is text.
    flushSync(() => setCommenting(true));
    comment.current?.focus();
  };

  const lastLine =
    last === null ? null : (
      <LastAnswerLine
        last={last}
        agent={agent}
        shown={showVerdicts}
        onToggle={() => setShowVerdicts(!showVerdicts)}
      />
    );

  return (
    <div className="stack">
      <ReviewStrip
        labeled={labeled}
        waiting={queue.data?.waiting}
        disputed={queue.data?.disputed}
        agent={agent}
        unsent={unsent.length}
      />
      {/* It stands still while items come and go: a region that comes with its text is not read out everywhere. */}
      <p aria-live="polite" className="hidden">
        {last === null ? "" : lastWords(last)}
      </p>
      <p aria-live="polite" className={message === null ? "hidden" : undefined}>
        {message ?? ""}
      </p>
      {lease.ending && item !== null && (
        <p className="warning row">
          Your lease on this item ends in under a minute.{" "}
          <Button size="compact-sm" onClick={lease.keep}>
            Keep item
          </Button>
        </p>
      )}
      {stage.kind === "loading" && <Loading name="Item" />}
      {stage.kind === "failed" && (
        <Problem what="Item not loaded" error={stage.error} onRetry={() => void next()} />
      )}
      {stage.kind === "empty" && (
        <>
          <Empty>
            <p>
              Nothing waits for you. {nextSampling === undefined ? "" : `Next sampling ${nextSampling}. `}
              {(queue.data?.waiting ?? 0) > 0 &&
                `${formatAmount(queue.data?.waiting ?? 0, "item")} wait for other people: each person answers an item once. `}
            </p>
            <SampleNow agent={agent} onQueued={() => void next()} />
          </Empty>
          <div className="row">
            <Button onClick={() => void undo()}>
              <kbd>U</kbd>Undo
            </Button>
            <Button onClick={() => void next()}>Look again</Button>
          </div>
          {lastLine}
        </>
      )}
      {stage.kind === "lost" && <LostLeaseNotice stage={stage} onNext={() => void next()} />}
      {item !== null && (
        <div className="review">
          <section className="stack" aria-labelledby="item">
            <div>
              <h2 id="item" ref={heading} tabIndex={-1} className="mono">
                {item.task_key}
              </h2>
              <p className="meta">
                Received <TimeText at={item.received_at} />
                {item.reviews_needed > 1 && ` · answer ${item.reviews_done + 1} of ${item.reviews_needed}`}
              </p>
            </div>
            <p className="review-why-narrow">{item.why}</p>
            <PayloadView payload={item.payload} features={definition?.features ?? []} agent={agent} />
          </section>
          <aside className="review-acts stack" aria-label="Answer">
            <p className="review-why">
              <span className="muted">Why: </span>
              {item.why}
            </p>
            {choosingSkip ? (
              <fieldset className="review-labels" aria-label="Reason to skip">
                {skipReasons.map(({ reason, words }, index) => (
                  <Button
                    key={reason}
                    justify="flex-start"
                    onClick={() => answerWith({ label: null, skip_reason: reason, words })}
                  >
                    <kbd>{index + 1}</kbd>
                    {words}
                  </Button>
                ))}
                <Button variant="subtle" onClick={() => setChoosingSkip(false)}>
                  <kbd>Esc</kbd>Don't skip
                </Button>
              </fieldset>
            ) : (
              <fieldset className="review-labels" aria-label="Labels">
                {classes.map((label, index) => (
                  <Button
                    key={label}
                    justify="flex-start"
                    variant={chosen === label ? "filled" : "default"}
                    aria-pressed={chosen === label}
                    onClick={() => choose(label)}
                  >
                    {index < 9 && <kbd>{index + 1}</kbd>}
                    {label}
                  </Button>
                ))}
                {chosen !== null && (
                  <Button
                    variant="filled"
                    onClick={() => answerWith({ label: chosen, skip_reason: null, words: chosen })}
                  >
                    <kbd>Ctrl Enter</kbd>Send {chosen}
                  </Button>
                )}
              </fieldset>
            )}
            <Textarea
              ref={comment}
              className={commenting || notes !== "" ? undefined : "review-wide"}
              label={
                <>
                  <kbd>C</kbd>Comment
                </>
              }
              value={notes}
              onChange={(event) => {
                const text = event.currentTarget.value;
                setNotes(text);
                keepDraft(localStorage, person, item.item_id, text);
              }}
              maxLength={10_000}
              minRows={1}
            />
            <div className="row review-wide">
              <Button onClick={() => setChoosingSkip(true)}>
                <kbd>S</kbd>Skip
              </Button>
              <Button onClick={() => void undo()}>
                <kbd>U</kbd>Undo
              </Button>
            </div>
            <div className="row-apart">
              {lastLine ?? <span />}
              <div className="review-narrow">
                <Menu position="top-end">
                  <Menu.Target>
                    <Button>More</Button>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => setChoosingSkip(true)}>Skip</Menu.Item>
                    <Menu.Item onClick={openComment}>Comment</Menu.Item>
                    <Menu.Item onClick={() => void undo()}>Undo</Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </div>
            </div>
          </aside>
        </div>
      )}
    </div>
  );
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
