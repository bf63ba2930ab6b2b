import { Button, Group, Kbd } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { jobsQuery } from "../api/documents.ts";
import { formatAmount } from "../format/numbers.ts";
import { formatClock } from "../format/times.ts";
import { Empty } from "../parts/empty.tsx";
import { SampleNow } from "./sample-now.tsx";
import type { ReviewSession } from "./use-review-session.ts";

interface EmptyQueueProps {
  readonly agent: string;
  /** Number of items in the queue; none of them is for this person. */
  readonly waiting: number;
  readonly session: Pick<ReviewSession, "showNext" | "undo">;
}

/** Empty queue of a person: when the next items come, and how to get some now. */
export function EmptyQueue({ agent, waiting, session }: EmptyQueueProps) {
  const jobs = useQuery(jobsQuery);
  const samplingAt = jobs.data?.find((job) => job.job === "sample_review_queue")?.next_run_at;
  return (
    <>
      <Empty>
        <p>
          No items wait for you. {samplingAt ? `Next sampling: ${formatClock(samplingAt)}. ` : ""}
          {waiting > 0 &&
            `${formatAmount(waiting, "item")} wait for other people: each person answers an item once.`}
        </p>
        <SampleNow agent={agent} onQueued={() => void session.showNext()} />
      </Empty>
      <Group>
        <Button onClick={() => void session.undo()}>
          <Kbd>U</Kbd>Undo
        </Button>
        <Button onClick={() => void session.showNext()}>Check again</Button>
      </Group>
    </>
  );
}
