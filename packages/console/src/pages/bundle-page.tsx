import { Button, Code, Stack, Text } from "@mantine/core";
import type { BundleVerification, BundleWithStatus } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { bundleQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount, formatCount, formatInterval, formatNumber, formatRatio } from "../format/numbers.ts";
import { Bars } from "../parts/bars.tsx";
import { Columns } from "../parts/columns.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Confusion } from "../parts/evaluation-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { Problem } from "../parts/problem.tsx";
import { DetailRegion } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";
import { signedImportances } from "../parts/signed-importances.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { bundleStates } from "../parts/state-words.ts";
import { sideText } from "../parts/threshold-side.ts";
import { TimeText } from "../parts/time-text.tsx";
import { WarningsList } from "../parts/warnings-list.tsx";

const route = getRouteApi("/bundles/$id");

/** One bundle: thresholds, evaluation, training data, and whether it can be reproduced. */
export function BundlePage() {
  const { id } = route.useParams();
  const bundle = useQuery(bundleQuery(id));
  return (
    <DetailRegion name="Bundle" id={id} query={bundle} list={<Link to="/bundles">All bundles</Link>}>
      {(loaded) => <BundleView bundle={loaded} />}
    </DetailRegion>
  );
}

function BundleView({ bundle }: { bundle: BundleWithStatus }) {
  const navigate = useNavigate();
  const { missing } = usePermission();
  const address = `/v1/bundles/${encodeURIComponent(bundle.bundle_id)}`;
  const propose = useMutation({
    mutationFn: () => callApi<{ approval_id: string }>("POST", `${address}/proposal`),
    onSuccess: ({ approval_id }) => {
      void queryClient.invalidateQueries();
      void navigate({ to: "/approvals/$id", params: { id: approval_id } });
    },
  });
  const verify = useMutation({
    mutationFn: () => callApi<BundleVerification>("POST", `${address}/verification`),
  });
  const { token, words } = bundleStates[bundle.status];
  const { evaluation } = bundle;
  const blocked = missing("propose") ?? proposalBlock(bundle);
  return (
    <Stack gap="lg">
      <Head
        name={bundle.bundle_id}
        state={<StateMark token={token}>{words}</StateMark>}
        why={
          <>
            {bundle.agent}: held-out accuracy {formatRatio(evaluation.accuracy)}{" "}
            {formatInterval(evaluation.accuracy_interval)}, baseline{" "}
            {formatRatio(evaluation.baseline_accuracy)}, trained on{" "}
            {formatAmount(bundle.training_count, "example")}.
          </>
        }
        next={describeNextStep(bundle)}
        actions={
          <>
            <Button
              variant="filled"
              disabled={blocked !== null}
              loading={propose.isPending}
              onClick={() => propose.mutate()}
            >
              Propose
            </Button>
            <Button loading={verify.isPending} onClick={() => verify.mutate()}>
              Verify
            </Button>
            <Link to="/bundles/$id/explain" params={{ id: bundle.bundle_id }}>
              Explain a decision
            </Link>
          </>
        }
        blocked={blocked ?? undefined}
      />
      <Stack aria-live="polite">
        {propose.isError && <Problem what="Not proposed" error={propose.error} />}
        {verify.isPending && <p>Training again on the same examples…</p>}
        {verify.isError && (
          <Problem what="Not verified" error={verify.error} onRetry={() => verify.mutate()} />
        )}
        {verify.data !== undefined && (
          <p>
            <StateMark token={verify.data.reproduced ? "better" : "harm"}>
              {verify.data.reproduced ? "Reproduced" : "Not reproduced"}
            </StateMark>{" "}
            {verify.data.message}
          </p>
        )}
      </Stack>
      <Section id="warnings" title="Warnings">
        <WarningsList warnings={bundle.warnings} />
      </Section>
      <Section id="thresholds" title="Thresholds">
        {Object.keys(bundle.thresholds).length === 0 ? (
          <Text c="dimmed">The agent defines no thresholds: the model's prediction decides.</Text>
        ) : (
          <DataTable
            caption="Thresholds"
            rows={Object.entries(bundle.thresholds)}
            rowKey={([name]) => name}
            columns={[
              { name: "Threshold", cell: ([name]) => <span className="mono">{name}</span> },
              { name: "Value", kind: "number", cell: ([, value]) => formatNumber(value) },
              { name: "Effect", cell: ([name]) => sideText(bundle, name) },
              {
                name: "Derivation",
                kind: "wrap",
                cell: ([name]) => bundle.threshold_formulas[name] ?? "",
              },
            ]}
          />
        )}
      </Section>
      <Columns>
        <Section id="importances" title="Feature importance">
          <Text size="xs" c="dimmed">
            {bundle.model_type === "LogisticRegression"
              ? `Share of the coefficients' size, 0 to 1. Filled: a larger value makes ${bundle.positive} more likely; outlined: less likely.`
              : "Share of the tree's gain, 0 to 1; a tree has no sign."}
          </Text>
          <Bars
            bars={signedImportances(bundle).map(({ name, value }) => ({
              name,
              value,
              text: formatRatio(value, 3),
            }))}
          />
        </Section>
        <Section id="confusion" title="Confusion matrix">
          <Confusion bundle={bundle} title="Held-out predictions" />
        </Section>
      </Columns>
      <Columns>
        <Section id="data" title="Training data">
          <Facts
            facts={[
              ...Object.entries(bundle.label_distribution).map(
                ([label, count]) => [`Labeled ${label}`, formatCount(count)] as const,
              ),
              ["Sources", bundle.sources_used.join(", ") || "none"],
              ...Object.entries(bundle.left_out).map(
                ([reason, count]) =>
                  [
                    `Excluded: ${leftOutWords[reason] ?? reason.replaceAll("_", " ")}`,
                    formatCount(count),
                  ] as const,
              ),
            ]}
          />
        </Section>
        <Section id="origin" title="Origin">
          <Facts
            facts={[
              ["Created", <TimeText key="made" at={bundle.created_at} />],
              ["Created by", bundle.created_by],
              ["Model", bundle.model_type],
              ["Digest", <Code key="digest">{bundle.digest}</Code>],
              ["Training digest", <Code key="training">{bundle.training_digest}</Code>],
              ["Relearn version", bundle.relearn_version],
            ]}
          />
        </Section>
      </Columns>
    </Stack>
  );
}

/** Reasons why an example is excluded from training. */
const leftOutWords: Readonly<Record<string, string>> = {
  shadowed: "replaced by another label of the key",
  unmapped_label: "label without a class",
  no_features: "no feature present",
  zero_confidence: "confidence 0",
};

function proposalBlock(bundle: BundleWithStatus): string | null {
  switch (bundle.status) {
    case "proposed":
      return "Already proposed: see Approvals.";
    case "approved":
      return "Already approved: see Approvals.";
    case "canary":
      return "Already the canary: see Rollouts.";
    case "active":
      return `Already active for ${bundle.agent}.`;
    default:
      return null;
  }
}

function describeNextStep(bundle: BundleWithStatus): string | undefined {
  switch (bundle.status) {
    case "pending":
      return "propose it; someone else approves it.";
    case "proposed":
      return "someone other than the proposer approves it.";
    case "approved":
      return "start its rollout.";
    case "canary":
      return "the guard analyzes it every hour.";
    default:
      return undefined;
  }
}
