import { Textarea } from "@mantine/core";
import type { FeatureDeclaration } from "@relearn/client";
import { extractFeatures } from "@relearn/client";
import { useState } from "react";
import { formatNumber } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";

/** What a model would see of a payload, by the features as they stand in the form. */
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
    return { fault: `This is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function Extracted({ features, document }: { features: readonly FeatureDeclaration[]; document: unknown }) {
  const { values, absent, invalid, clamped } = extractFeatures(document, features);
  const readAs = (feature: FeatureDeclaration) =>
    absent.includes(feature.name)
      ? `absent, default ${String(feature.default)}`
      : invalid.includes(feature.name)
        ? `unusable, default ${String(feature.default)}`
        : clamped.includes(feature.name)
          ? "put on its bound"
          : "as it is";
  return (
    <DataTable
      caption="What the model would see"
      rows={features.map((feature, index) => ({ feature, value: values[index] ?? 0 }))}
      rowKey={({ feature }) => feature.name}
      columns={[
        { name: "Feature", cell: ({ feature }) => <span className="mono">{feature.name}</span> },
        { name: "Value", kind: "number", cell: ({ value }) => formatNumber(value) },
        { name: "Read", cell: ({ feature }) => readAs(feature) },
      ]}
    />
  );
}
