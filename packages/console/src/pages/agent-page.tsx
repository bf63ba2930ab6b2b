import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { extractFeatures } from "@relearn/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { AgentDefinition, AppliedAgent, FeatureDeclaration } from "../../../server/src/http-contract.ts";
import { callApi } from "../api/call-api.ts";
import { agentsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatNumber } from "../format/numbers.ts";
import {
  definitionDiff,
  definitionOf,
  emptyFeature,
  type FeatureFields,
  featureFields,
  parseFeature,
} from "../parts/agent-form.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { SettingsTabs } from "../parts/settings-tabs.tsx";

const route = getRouteApi("/settings/agents/$agent");

/** One agent's definition: a row a feature, tried on a payload, with what changes before it is saved. */
export function AgentPage() {
  const { agent } = route.useParams();
  const agents = useQuery(agentsQuery);
  return (
    <Page title={agent === "new" ? "Define an agent" : agent}>
      <SettingsTabs />
      <Region name="Agents" query={agents}>
        {(all) => {
          const stored = all.find((one) => one.definition.name === agent)?.definition;
          if (stored === undefined && agent !== "new") {
            return <p>There is no agent {agent}.</p>;
          }
          return <AgentForm key={agent} stored={stored} />;
        }}
      </Region>
    </Page>
  );
}

function AgentForm({ stored }: { stored: AgentDefinition | undefined }) {
  const navigate = useNavigate();
  const { missing } = usePermission();
  const [name, setName] = useState(stored?.name ?? "");
  const [features, setFeatures] = useState<readonly FeatureFields[]>(
    () => stored?.features.map(featureFields) ?? [emptyFeature],
  );
  const [rest, setRest] = useState(() => restText(stored));
  const [payload, setPayload] = useState("{}");
  const parsed = definitionOf({ name, features, rest });
  const blocked = missing("administer");
  const save = useMutation({
    mutationFn: (definition: AgentDefinition) =>
      callApi<AppliedAgent>("PUT", "/v1/agents", { body: definition }),
    onSuccess: async ({ name: saved }) => {
      await queryClient.invalidateQueries();
      if (stored === undefined) void navigate({ to: "/settings/agents/$agent", params: { agent: saved } });
    },
  });
  const change = (index: number, fields: Partial<FeatureFields>) =>
    setFeatures(features.map((feature, at) => (at === index ? { ...feature, ...fields } : feature)));
  const changes = "definition" in parsed ? definitionDiff(stored, parsed.definition) : [];
  return (
    <form
      className="stack-wide"
      onSubmit={(event) => {
        event.preventDefault();
        if ("definition" in parsed) save.mutate(parsed.definition);
      }}
    >
      {stored === undefined && (
        <TextInput
          className="form"
          label="Name"
          description="Small letters, digits and _"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <section className="stack" aria-labelledby="features">
        <h2 id="features">Features</h2>
        <DataTable
          caption="Features"
          rows={features.map((fields, index) => ({ fields, index }))}
          rowKey={({ index }) => String(index)}
          columns={[
            {
              name: "Name",
              cell: ({ fields, index }) => (
                <TextInput
                  aria-label={`Name of feature ${index + 1}`}
                  value={fields.name}
                  error={faultOf(fields)}
                  onChange={(event) => change(index, { name: event.currentTarget.value })}
                />
              ),
            },
            {
              name: "Path in the payload",
              cell: ({ fields, index }) => (
                <TextInput
                  aria-label={`Path of feature ${index + 1}`}
                  value={fields.path}
                  onChange={(event) => change(index, { path: event.currentTarget.value })}
                />
              ),
            },
            {
              name: "Kind",
              cell: ({ fields, index }) => (
                <NativeSelect
                  aria-label={`Kind of feature ${index + 1}`}
                  value={fields.kind}
                  onChange={(event) =>
                    change(index, { kind: event.currentTarget.value as FeatureDeclaration["kind"] })
                  }
                  data={[
                    { value: "number", label: "Number" },
                    { value: "boolean", label: "Yes or no" },
                    { value: "length", label: "Length of a list" },
                  ]}
                />
              ),
            },
            ...(["default", "min", "max"] as const).map((member) => ({
              name: { default: "Default", min: "Least", max: "Most" }[member],
              cell: ({ fields, index }: { fields: FeatureFields; index: number }) => (
                <TextInput
                  aria-label={`${{ default: "Default", min: "Least value", max: "Greatest value" }[member]} of feature ${index + 1}`}
                  value={fields[member]}
                  w={96}
                  onChange={(event) => change(index, { [member]: event.currentTarget.value })}
                />
              ),
            })),
            {
              name: "Take out",
              cell: ({ index }) => (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={`Take out feature ${index + 1}`}
                  disabled={features.length === 1}
                  onClick={() => setFeatures(features.filter((_, at) => at !== index))}
                >
                  Take out
                </Button>
              ),
            },
          ]}
        />
        <div>
          <Button onClick={() => setFeatures([...features, emptyFeature])}>Add a feature</Button>
        </div>
      </section>
      <section className="stack" aria-labelledby="rest">
        <h2 id="rest">Classes, labels, thresholds</h2>
        <Textarea
          label="The rest of the definition, as JSON"
          description="classes, positive, label_map, thresholds, redact, costs, reviews_per_item"
          value={rest}
          maxRows={30}
          onChange={(event) => setRest(event.currentTarget.value)}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        />
      </section>
      <section className="stack" aria-labelledby="try">
        <h2 id="try">Try it on a payload</h2>
        <Textarea
          label="Payload, as JSON"
          value={payload}
          onChange={(event) => setPayload(event.currentTarget.value)}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        />
        {"definition" in parsed && <Tried features={parsed.definition.features} payload={payload} />}
      </section>
      <section className="stack" aria-labelledby="before-saving">
        <h2 id="before-saving">Before saving</h2>
        {"fault" in parsed ? (
          <p className="warning">{parsed.fault}</p>
        ) : changes.length === 0 ? (
          <p className="muted">Nothing changed.</p>
        ) : (
          <DataTable
            caption="What changes"
            rows={changes}
            rowKey={(row) => row.path}
            columns={[
              { name: "What", cell: (row) => <span className="mono">{row.path}</span> },
              { name: "Now", kind: "wrap", cell: (row) => row.old },
              { name: "Then", kind: "wrap", cell: (row) => row.next },
            ]}
          />
        )}
        <div className="row">
          <Button
            type="submit"
            variant="filled"
            disabled={blocked !== null || "fault" in parsed || changes.length === 0}
            loading={save.isPending}
          >
            Save
          </Button>
          {blocked !== null && <span>{blocked}</span>}
        </div>
        <div aria-live="polite">
          {save.isError && <Problem what="Not saved" error={save.error} />}
          {save.isSuccess && changes.length === 0 && <p>Saved. The next training uses it.</p>}
        </div>
      </section>
    </form>
  );
}

function faultOf(fields: FeatureFields): string | undefined {
  const parsed = parseFeature(fields);
  return "fault" in parsed && fields.name !== "" ? parsed.fault : undefined;
}

function restText(stored: AgentDefinition | undefined): string {
  if (stored === undefined) return JSON.stringify({ classes: [], thresholds: [] }, null, 2);
  const { name: _name, features: _features, ...rest } = stored;
  return JSON.stringify(rest, null, 2);
}

function Tried({ features, payload }: { features: readonly FeatureDeclaration[]; payload: string }) {
  let document: unknown;
  try {
    document = JSON.parse(payload);
  } catch (error) {
    return <p className="muted">This is no JSON: {error instanceof Error ? error.message : String(error)}</p>;
  }
  const { values, absent, invalid, clamped } = extractFeatures(document, features);
  return (
    <DataTable
      caption="What the model would see"
      rows={features.map((feature, index) => ({ feature, value: values[index] ?? 0 }))}
      rowKey={({ feature }) => feature.name}
      columns={[
        { name: "Feature", cell: ({ feature }) => <span className="mono">{feature.name}</span> },
        { name: "Value", kind: "number", cell: ({ value }) => formatNumber(value) },
        {
          name: "Read",
          cell: ({ feature }) =>
            absent.includes(feature.name)
              ? `absent, default ${String(feature.default)}`
              : invalid.includes(feature.name)
                ? `unusable, default ${String(feature.default)}`
                : clamped.includes(feature.name)
                  ? "put on its bound"
                  : "as it is",
        },
      ]}
    />
  );
}
