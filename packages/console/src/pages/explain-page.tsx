import { Button, Textarea } from "@mantine/core";
import type { BundleDocument } from "@relearn/client";
import { type PayloadExplanation, prepareDecider } from "@relearn/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { bundleQuery } from "../api/documents.ts";
import { formatNumber, formatRatio } from "../format/numbers.ts";
import { Bars } from "../parts/bars.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { PageTitle } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";

const route = getRouteApi("/bundles/$id/explain");

/** What a bundle would decide on a payload, and why; computed here in the browser, nothing is sent. */
export function ExplainPage() {
  const { id } = route.useParams();
  const bundle = useQuery(bundleQuery(id));
  return (
    <div className="stack-wide">
      <div className="stack">
        <PageTitle title="Explain a decision" />
        <p>
          By{" "}
          <Link to="/bundles/$id" params={{ id }} className="mono">
            {id}
          </Link>
          . The payload stays in this browser.
        </p>
      </div>
      <Region name="Bundle" query={bundle}>
        {(loaded) => <Explain bundle={loaded} />}
      </Region>
    </div>
  );
}

type Outcome =
  | { readonly kind: "explained"; readonly explanation: PayloadExplanation }
  | { readonly kind: "wrong"; readonly message: string };

function Explain({ bundle }: { bundle: BundleDocument }) {
  const decider = useMemo(() => prepareDecider(bundle), [bundle]);
  const [text, setText] = useState(() => examplePayload(bundle));
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const explain = () => {
    try {
      setOutcome({ kind: "explained", explanation: decider.explain(JSON.parse(text)) });
    } catch (error) {
      setOutcome({
        kind: "wrong",
        message: `This is no JSON: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  };
  return (
    <div className="columns">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          explain();
        }}
      >
        <Textarea
          label="Payload, as JSON"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          minRows={12}
          maxRows={30}
          spellCheck={false}
          error={outcome?.kind === "wrong" ? outcome.message : undefined}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        />
        <div>
          <Button type="submit" variant="filled">
            Explain
          </Button>
        </div>
      </form>
      <div aria-live="polite">
        {outcome?.kind === "explained" && <Explanation explanation={outcome.explanation} />}
      </div>
    </div>
  );
}

function Explanation({ explanation }: { explanation: PayloadExplanation }) {
  const notes = [
    ["Absent, default taken", explanation.absent],
    ["Unusable, default taken", explanation.invalid],
    ["Put on its bound", explanation.clamped],
  ] as const;
  return (
    <div className="stack">
      <p>
        <span className="key-figure">{explanation.label}</span>
      </p>
      <p>
        Probability of {explanation.class}: {formatRatio(explanation.probability, 3)}
        {explanation.uncalibrated_probability !== explanation.probability &&
          ` (${formatRatio(explanation.uncalibrated_probability, 3)} before calibration)`}
        .
      </p>
      {explanation.model_type === "LogisticRegression" ? (
        <>
          <h2>
            Log-odds of {explanation.class} against {explanation.against}
          </h2>
          <Bars
            bars={[
              { name: "(start)", value: explanation.intercept, text: formatNumber(explanation.intercept) },
              ...explanation.contributions.map(({ feature, contribution }) => ({
                name: feature,
                value: contribution,
                text: formatNumber(contribution),
              })),
            ]}
          />
          <p>
            Sum: {formatNumber(explanation.log_odds)}; above 0 decides for {explanation.class}.
          </p>
        </>
      ) : (
        <>
          <h2>The way through the tree</h2>
          <DataTable
            caption="Questions of the tree"
            rows={explanation.path.map((step, index) => ({ ...step, number: index + 1 }))}
            rowKey={(step) => String(step.number)}
            columns={[
              {
                name: "Question",
                cell: (step) => `${step.feature} at or below ${formatNumber(step.threshold)}?`,
              },
              { name: "Value", kind: "number", cell: (step) => formatNumber(step.value) },
              { name: "Answer", cell: (step) => (step.side === "at_or_below" ? "yes" : "no") },
              {
                name: `Share of ${explanation.class}`,
                kind: "number",
                cell: (step) => `${formatRatio(step.share_before)} to ${formatRatio(step.share_after)}`,
              },
            ]}
          />
        </>
      )}
      {notes.map(
        ([name, features]) =>
          features.length > 0 && (
            <p key={name} className="muted">
              {name}: {features.join(", ")}.
            </p>
          ),
      )}
    </div>
  );
}

/** A payload with every feature at its default, to be changed. */
function examplePayload(bundle: BundleDocument): string {
  const payload: Record<string, unknown> = {};
  for (const feature of bundle.features) {
    const steps = feature.path.split(".");
    const last = steps.pop();
    if (last === undefined) continue;
    let place = payload;
    for (const step of steps) {
      place[step] ??= {};
      place = place[step] as Record<string, unknown>;
    }
    place[last] = feature.kind === "length" ? [] : feature.default;
  }
  return JSON.stringify(payload, null, 2);
}
