import { Stack, Text } from "@mantine/core";
import type { RolloutWithApproval } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { analysesQuery, canaryQuery, journalQuery, rolloutQuery } from "../api/documents.ts";
import { Head } from "../parts/head.tsx";
import { DetailRegion, Region } from "../parts/region.tsx";
import { describeNextStep, describeReason, isRunning } from "../parts/rollout-words.ts";
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { rolloutStates } from "../parts/state-words.ts";
import { OverrideReviews } from "../rollouts/override-reviews.tsx";
import { RolloutActs } from "../rollouts/rollout-acts.tsx";
import { RolloutEvidence } from "../rollouts/rollout-evidence.tsx";
import { RolloutJournal } from "../rollouts/rollout-journal.tsx";
import { RolloutReceipts } from "../rollouts/rollout-receipts.tsx";
import { RolloutStages } from "../rollouts/rollout-stages.tsx";

const route = getRouteApi("/rollouts/$id");

/** One rollout: state, stages, evidence, history and actions. */
export function RolloutPage() {
  const { id } = route.useParams();
  const rollout = useQuery(rolloutQuery(id));
  return (
    <DetailRegion name="Rollout" id={id} query={rollout} list={<Link to="/rollouts">All rollouts</Link>}>
      {(loaded) => <RolloutView stored={loaded} />}
    </DetailRegion>
  );
}

function RolloutView({ stored }: { stored: RolloutWithApproval }) {
  const { rollout } = stored;
  const status = useQuery(canaryQuery(rollout.agent));
  const analyses = useQuery(analysesQuery(rollout.rollout_id));
  const journal = useQuery(journalQuery(rollout.rollout_id));
  const newest = analyses.data?.at(-1) ?? null;
  const { token, words } = rolloutStates[rollout.state];
  return (
    <Stack gap="lg">
      <Head
        name={rollout.bundle_id}
        state={
          <StateMark token={token}>
            {words}
            {rollout.percent > 0 && ` at ${rollout.percent} %`}
          </StateMark>
        }
        why={describeReason(rollout, newest)}
        next={describeNextStep(rollout, newest?.verdict)}
        actions={
          isRunning(rollout) && status.data !== undefined ? (
            <RolloutActs stored={stored} status={status.data} analysis={newest} />
          ) : undefined
        }
      />
      <OverrideReviews rolloutId={rollout.rollout_id} agent={rollout.agent} />
      <Section id="stages" title="Stages">
        <RolloutStages rollout={rollout} journal={journal.data ?? []} />
        <Text size="xs" c="dimmed">
          For {rollout.agent}, compared with {rollout.active_bundle_id ?? "the agent's defaults"}. Attempt{" "}
          {rollout.attempt}.{" "}
          <Link to="/approvals/$id" params={{ id: stored.approval_id }}>
            Approval
          </Link>
          {" · "}
          <Link to="/bundles/$id" params={{ id: rollout.bundle_id }}>
            Bundle
          </Link>
        </Text>
      </Section>
      <Region name="Analyses" query={analyses}>
        {(all) => (
          <RolloutEvidence rollout={rollout} analyses={all} newest={newest} journal={journal.data ?? []} />
        )}
      </Region>
      <RolloutReceipts rolloutId={rollout.rollout_id} />
      <Section id="journal" title="History">
        <Region name="History" query={journal}>
          {(entries) => <RolloutJournal entries={entries} />}
        </Region>
      </Section>
    </Stack>
  );
}
