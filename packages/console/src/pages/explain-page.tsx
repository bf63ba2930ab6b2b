import { Button, Stack, Text, Textarea, Title } from "@mantine/core";
import { type BundleDocument, type PayloadExplanation, prepareDecider } from "@relearn/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { bundleQuery } from "../api/documents.ts";
import { formatNumber, formatRatio } from "../format/numbers.ts";
import { Bars } from "../parts/bars.tsx";
import { Columns } from "../parts/columns.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Form } from "../parts/form.tsx";
import { PageTitle } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";

const route = getRouteApi("/bundles/$id/explain");

/** Decision of a bundle on a payload, with the reasons; computed in the browser, nothing is sent. */
export function ExplainPage() {
  const { id } = route.useParams();
  const bundle = useQuery(bundleQuery(id));
  return (
    <Stack gap="lg">
      <Stack>
        <PageTitle title="Explain a decision" />
        <p>
          By{" "}
          <Link to="/bundles/$id" params={{ id }} className="mono">
            {id}
          </Link>
          . The payload stays in this browser.
        </p>
      </Stack>
      <Region name="Bundle" query={bundle}>
        {(loaded) => <Explain bundle={loaded} />}
      </Region>
    </Stack>
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
        message: `Not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  };
  return (
    <Columns>
      <Form
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
      </Form>
      <div aria-live="polite">
        {outcome?.kind === "explained" && <Explanation explanation={outcome.explanation} />}
      </div>
    </Columns>
  );
}

function Explanation({ explanation }: { explanation: PayloadExplanation }) {
  const notes = [
    ["Missing, default used", explanation.absent],
    ["Invalid, default used", explanation.invalid],
    ["Limited to the allowed range", explanation.clamped],
  ] as const;
  return (
    <Stack>
      <p>
        <Text span size="1.5rem" fw={600}>
          {explanation.label}
        </Text>
      </p>
      <p>
        Probability of {explanation.class}: {formatRatio(explanation.probability, 3)}
        {explanation.uncalibrated_probability !== explanation.probability &&
          ` (${formatRatio(explanation.uncalibrated_probability, 3)} before calibration)`}
        .
      </p>
      {explanation.model_type === "LogisticRegression" ? (
        <>
          <Title order={2}>
            Log-odds of {explanation.class} against {explanation.against}
          </Title>
          <Bars
            bars={[
              {
                name: "(intercept)",
                value: explanation.intercept,
                text: formatNumber(explanation.intercept),
              },
              ...explanation.contributions.map(({ feature, contribution }) => ({
                name: feature,
                value: contribution,
                text: formatNumber(contribution),
              })),
            ]}
          />
          <p>
            Sum: {formatNumber(explanation.log_odds)}; a sum above 0 means {explanation.class}.
          </p>
        </>
      ) : (
        <>
          <Title order={2}>Path through the tree</Title>
          <DataTable
            caption="Path through the tree"
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
            <Text c="dimmed" key={name}>
              {name}: {features.join(", ")}.
            </Text>
          ),
      )}
    </Stack>
  );
}

/** Example payload with every feature at its default. */
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
