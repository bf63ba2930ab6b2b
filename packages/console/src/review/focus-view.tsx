import { Button, Group, Stack, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { agentsQuery, queueQuery } from "../api/documents.ts";
import { Notice } from "../parts/notice.tsx";
import { Problem } from "../parts/problem.tsx";
import { Loading } from "../parts/region.tsx";
import { AnswerPanel } from "./answer-panel.tsx";
import { EmptyQueue } from "./empty-queue.tsx";
import { LastAnswerLine, lastWords } from "./last-answer.tsx";
import { LostLeaseNotice } from "./lost-lease.tsx";
import classes from "./review.module.css";
import { ReviewItem } from "./review-item.tsx";
import { ReviewStrip } from "./review-strip.tsx";
import { useLease } from "./use-lease.ts";
import { useReviewKeys } from "./use-review-keys.ts";
import { useReviewSession } from "./use-review-session.ts";

const SCROLL_PX = 120;

interface FocusViewProps {
  readonly agent: string;
  readonly person: string;
  /** Item to begin with; by default the next one that waits. */
  readonly first?: number;
}

/** One item at a time: the payload, the reason why it is here, and the labels with their keys. */
export function FocusView({ agent, person, first }: FocusViewProps) {
  const { data: agents } = useQuery(agentsQuery);
  const definition = agents?.find((one) => one.definition.name === agent)?.definition;
  const queue = useQuery(queueQuery(agent));
  const session = useReviewSession({ agent, person, first });
  const { stage, last, message } = session;
  const item = stage.kind === "item" ? stage.item : null;
  const lease = useLease(item);
  // Verdicts belong to one answer: those of the next one are closed again.
  const [verdictsOf, setVerdictsOf] = useState<typeof last>(null);
  const showsVerdicts = last !== null && verdictsOf === last;
  const toggleVerdicts = () => setVerdictsOf(showsVerdicts ? null : last);

  useReviewKeys({
    undo: () => void session.undo(),
    verdicts: toggleVerdicts,
    scroll: ({ by }) => window.scrollBy({ top: by * SCROLL_PX }),
  });

  const lastLine =
    last === null ? null : (
      <LastAnswerLine last={last} agent={agent} shown={showsVerdicts} onToggle={toggleVerdicts} />
    );
  return (
    <Stack>
      <ReviewStrip
        labeled={session.labeledCount}
        waiting={queue.data?.waiting}
        disputed={queue.data?.disputed}
        agent={agent}
        unsent={session.unsentCount}
      />
      {/* Present before it speaks: not every screen reader announces a region that arrives with its text. */}
      <VisuallyHidden component="p" aria-live="polite">
        {last === null ? "" : lastWords(last)}
      </VisuallyHidden>
      <p aria-live="polite">{message ?? ""}</p>
      {lease.ending && item !== null && (
        <Notice>
          <Group>
            Your lease on this item ends in less than a minute.
            <Button size="compact-sm" onClick={lease.keep}>
              Keep item
            </Button>
          </Group>
        </Notice>
      )}
      {stage.kind === "loading" && <Loading name="Item" />}
      {stage.kind === "failed" && (
        <Problem what="Item not loaded" error={stage.error} onRetry={() => void session.showNext()} />
      )}
      {stage.kind === "empty" && (
        <>
          <EmptyQueue agent={agent} waiting={queue.data?.waiting ?? 0} session={session} />
          {lastLine}
        </>
      )}
      {stage.kind === "lost" && <LostLeaseNotice stage={stage} onNext={() => void session.showNext()} />}
      {item !== null && (
        <div className={classes["review"]}>
          {/* A claim of its own each time: neither focus nor a chosen label passes from one to the next. */}
          <Fragment key={item.lease?.token ?? item.item_id}>
            <ReviewItem item={item} features={definition?.features ?? []} agent={agent} />
            <AnswerPanel
              item={item}
              person={person}
              labels={item.classes ?? definition?.classes ?? []}
              session={session}
              last={lastLine}
            />
          </Fragment>
        </div>
      )}
    </Stack>
  );
}
