import { Button, Textarea } from "@mantine/core";
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
  break_glass: "approved alone",
  override: "acted against a waiting gate",
};

/** Acts against four eyes or a gate that nobody has looked at since: somebody else says what they find. */
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
    (act.actor === session?.actor.name ? "You did this. Someone else must look at it." : null) ??
    (notes.trim() === "" ? "Say what you found first." : null);
  return (
    <section className="panel stack" aria-label={`What ${act.actor} did alone`}>
      <p>
        <StateMark token="hold">To look at</StateMark> {act.actor} {words[act.about]},{" "}
        <TimeText at={act.at} />: {act.reason}
      </p>
      <Textarea
        className="form"
        label="What you found"
        value={notes}
        maxLength={2000}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      <div className="row">
        <Button
          disabled={blocked !== null}
          loading={review.isPending}
          onClick={() => review.mutate("upheld")}
        >
          It was right
        </Button>
        <Button
          disabled={blocked !== null}
          loading={review.isPending}
          onClick={() => review.mutate("objected")}
        >
          I object
        </Button>
        {blocked !== null && <span className="muted">{blocked}</span>}
      </div>
      {review.isError && <Problem what="Not written down" error={review.error} />}
    </section>
  );
}
