import { Textarea } from "@mantine/core";
import { extractFeatures, type FeatureDeclaration } from "@relearn/client";
import { useState } from "react";
import { formatNumber } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";

/** Feature values that a model would get from a payload, by the features of the form. */
export function TriedPayload({ features }: { features: readonly FeatureDeclaration[] | null }) {
  const [payload, setPayload] = useState("{}");
  const parsed = parseJson(payload);
  return (
    <>
      <Textarea
        label="Payload, as JSON"
        value={payload}
        onChange={(event) => setPayload(event.currentTarget.value)}
        error={"fault" in parsed ? parsed.fault : undefined}
        spellCheck={false}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
      {features !== null && "document" in parsed && (
        <Extracted features={features} document={parsed.document} />
      )}
    </>
  );
}

function parseJson(text: string): { readonly document: unknown } | { readonly fault: string } {
  try {
    return { document: JSON.parse(text) };
  } catch (error) {
    return { fault: `Not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function Extracted({ features, document }: { features: readonly FeatureDeclaration[]; document: unknown }) {
  const { values, absent, invalid, clamped } = extractFeatures(document, features);
  const readAs = (feature: FeatureDeclaration) =>
    absent.includes(feature.name)
      ? `missing, default ${String(feature.default)}`
      : invalid.includes(feature.name)
        ? `invalid, default ${String(feature.default)}`
        : clamped.includes(feature.name)
          ? "limited to the allowed range"
          : "unchanged";
  return (
    <DataTable
      caption="Input of the model"
      rows={features.map((feature, index) => ({ feature, value: values[index] ?? 0 }))}
      rowKey={({ feature }) => feature.name}
      columns={[
        { name: "Feature", cell: ({ feature }) => <span className="mono">{feature.name}</span> },
        { name: "Value", kind: "number", cell: ({ value }) => formatNumber(value) },
        { name: "Source", cell: ({ feature }) => readAs(feature) },
      ]}
    />
  );
}
