import { Button } from "@mantine/core";
import type { BundleVerification, BundleWithStatus } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { bundleQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount, formatCount, formatInterval, formatNumber, formatRatio } from "../format/numbers.ts";
import { Bars } from "../parts/bars.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Confusion } from "../parts/evaluation-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { Problem } from "../parts/problem.tsx";
import { DetailRegion } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { signedImportances } from "../parts/signed-importances.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { bundleStates } from "../parts/state-words.ts";
import { sideText } from "../parts/threshold-side.ts";
import { TimeText } from "../parts/time-text.tsx";
import { WarningsList } from "../parts/warnings-list.tsx";

const route = getRouteApi("/bundles/$id");

/** One bundle: what it decides by, how good it is, what was left out, and whether it can be made again. */
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
    <div className="stack-wide">
      <Head
        name={bundle.bundle_id}
        state={<StateMark token={token}>{words}</StateMark>}
        why={
          <>
            {bundle.agent}: {formatRatio(evaluation.accuracy)} of held-out examples right{" "}
            {formatInterval(evaluation.accuracy_interval)}, {formatRatio(evaluation.baseline_accuracy)} by
            always saying the commonest class, from {formatAmount(bundle.training_count, "example")}.
          </>
        }
        next={nextOf(bundle)}
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
      <div aria-live="polite" className="stack">
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
      </div>
      <section className="stack" aria-labelledby="warnings">
        <h2 id="warnings">Warnings</h2>
        <WarningsList warnings={bundle.warnings} />
      </section>
      <section className="stack" aria-labelledby="thresholds">
        <h2 id="thresholds">Thresholds</h2>
        {Object.keys(bundle.thresholds).length === 0 ? (
          <p className="muted">The agent defines none: the model's answer decides.</p>
        ) : (
          <DataTable
            caption="Thresholds"
            rows={Object.entries(bundle.thresholds)}
            rowKey={([name]) => name}
            columns={[
              { name: "Threshold", cell: ([name]) => <span className="mono">{name}</span> },
              { name: "Value", kind: "number", cell: ([, value]) => formatNumber(value) },
              { name: "Decides", cell: ([name]) => sideText(bundle, name) },
              {
                name: "How it came about",
                kind: "wrap",
                cell: ([name]) => bundle.threshold_formulas[name] ?? "",
              },
            ]}
          />
        )}
      </section>
      <div className="columns">
        <section className="stack" aria-labelledby="importances">
          <h2 id="importances">Importances</h2>
          <p className="meta">
            {bundle.model_type === "LogisticRegression"
              ? `Share of the coefficients' size, 0 to 1; filled: more makes ${bundle.positive} likelier, outlined: less likely.`
              : "Share of the tree's gain, 0 to 1; a tree has no sign."}
          </p>
          <Bars
            bars={signedImportances(bundle).map(({ name, value }) => ({
              name,
              value,
              text: formatRatio(value, 3),
            }))}
          />
        </section>
        <section className="stack" aria-labelledby="confusion">
          <h2 id="confusion">Confusion</h2>
          <Confusion bundle={bundle} title="Held-out answers" />
        </section>
      </div>
      <div className="columns">
        <section className="stack" aria-labelledby="data">
          <h2 id="data">Training data</h2>
          <Facts
            facts={[
              ...Object.entries(bundle.label_distribution).map(
                ([label, count]) => [`Labeled ${label}`, formatCount(count)] as const,
              ),
              ["Sources", bundle.sources_used.join(", ") || "none"],
              ...Object.entries(bundle.left_out).map(
                ([reason, count]) =>
                  [
                    `Left out: ${leftOutWords[reason] ?? reason.replaceAll("_", " ")}`,
                    formatCount(count),
                  ] as const,
              ),
            ]}
          />
        </section>
        <section className="stack" aria-labelledby="origin">
          <h2 id="origin">Origin</h2>
          <Facts
            facts={[
              ["Made", <TimeText key="made" at={bundle.created_at} />],
              ["By", bundle.created_by],
              ["Model", bundle.model_type],
              ["Digest", <code key="digest">{bundle.digest}</code>],
              ["Training digest", <code key="training">{bundle.training_digest}</code>],
              ["Relearn", bundle.relearn_version],
            ]}
          />
        </section>
      </div>
    </div>
  );
}

/** Why an example does not train, in words. */
const leftOutWords: Readonly<Record<string, string>> = {
  shadowed: "another label of its key counts",
  unmapped_label: "its label is no class",
  no_features: "none of the features",
  zero_confidence: "confidence 0",
};

function proposalBlock(bundle: BundleWithStatus): string | null {
  switch (bundle.status) {
    case "proposed":
      return "It is proposed already: see Approvals.";
    case "approved":
      return "It is approved already: see Approvals.";
    case "canary":
      return "It is the canary now: see Rollouts.";
    case "active":
      return `It is what ${bundle.agent} uses already.`;
    default:
      return null;
  }
}

function nextOf(bundle: BundleWithStatus): string | undefined {
  switch (bundle.status) {
    case "pending":
      return "propose it, then somebody else approves.";
    case "proposed":
      return "somebody else than the proposer approves.";
    case "approved":
      return "start its release.";
    case "canary":
      return "the guard looks every hour.";
    default:
      return undefined;
  }
}
