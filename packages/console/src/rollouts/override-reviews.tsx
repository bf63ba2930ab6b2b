import { Button, Group, Paper, Text, Textarea } from "@mantine/core";
import type { RolloutOverride } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { overridesQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { TimeText } from "../parts/time-text.tsx";

const words: Readonly<Record<RolloutOverride["about"], string>> = {
  break_glass: "approved without a second person",
  override: "promoted against a waiting gate",
};

/** Overrides of four-eyes approval or of a gate that wait for another person's review. */
export function OverrideReviews({ rolloutId, agent }: { rolloutId: string; agent: string }) {
  const { data = [] } = useQuery(overridesQuery(agent));
  return data
    .filter((one) => one.rollout_id === rolloutId)
    .map((one) => <OverrideReview key={one.generation} act={one} />);
}

function OverrideReview({ act }: { act: RolloutOverride }) {
  const { session, missing } = usePermission();
  const [notes, setNotes] = useState("");
  const review = useMutation({
    mutationFn: (finding: "upheld" | "objected") =>
      callApi(
        "POST",
        `/v1/rollouts/${encodeURIComponent(act.rollout_id)}/overrides/${act.generation}/review`,
        { body: { finding, notes: notes.trim() } },
      ),
    onSettled: () => queryClient.invalidateQueries(),
  });
  const blocked =
    missing("approve") ??
    (act.actor === session?.actor.name ? "You did this. Someone else must review it." : null) ??
    (notes.trim() === "" ? "Enter your finding to continue." : null);
  return (
    <Paper component="section" withBorder p="md" aria-label={`Override by ${act.actor}`}>
      <p>
        <StateMark token="hold">To review</StateMark> {act.actor} {words[act.about]}, <TimeText at={act.at} />
        : {act.reason}
      </p>
      <Textarea
        maw={480}
        label="Finding"
        value={notes}
        maxLength={2000}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      <Group>
        <Button
          disabled={blocked !== null}
          loading={review.isPending}
          onClick={() => review.mutate("upheld")}
        >
          Uphold
        </Button>
        <Button
          disabled={blocked !== null}
          loading={review.isPending}
          onClick={() => review.mutate("objected")}
        >
          Object
        </Button>
        {blocked !== null && (
          <Text span c="dimmed">
            {blocked}
          </Text>
        )}
      </Group>
      {review.isError && <Problem what="Review not saved" error={review.error} />}
    </Paper>
  );
}
