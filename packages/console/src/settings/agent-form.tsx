import { Button, Code, Group, NativeSelect, Text, Textarea, TextInput } from "@mantine/core";
import type { AgentDefinition, AppliedAgent } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { Columns } from "../parts/columns.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { FaultSummary } from "../parts/fault-summary.tsx";
import { Form } from "../parts/form.tsx";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";
import { type AgentFields, agentFields, toDefinition } from "./agent-fields.ts";
import { FeatureRows, type FieldFrame, MappingRows, ThresholdRows } from "./agent-rows.tsx";
import { definitionDiff } from "./definition-diff.ts";
import { TriedPayload } from "./tried-payload.tsx";

/** Form for the definition of an agent; `stored` is undefined for a new one. */
export function AgentForm({ stored }: { stored: AgentDefinition | undefined }) {
  const navigate = useNavigate();
  const { missing } = usePermission();
  const [fields, setFields] = useState<AgentFields>(() => agentFields(stored));
  const [left, setLeft] = useState<ReadonlySet<string> | "all">(new Set());
  const formId = useId();
  const parsed = toDefinition(fields);
  const blocked = missing("administer");
  const save = useMutation({
    mutationFn: (definition: AgentDefinition) =>
      callApi<AppliedAgent>("PUT", "/v1/agents", { body: definition }),
    onSuccess: async ({ name: saved }) => {
      await queryClient.invalidateQueries();
      if (stored === undefined) void navigate({ to: "/settings/agents/$agent", params: { agent: saved } });
    },
  });
  const change = (changed: Partial<AgentFields>) => setFields({ ...fields, ...changed });
  const shownFaults = ("faults" in parsed ? parsed.faults : []).filter(
    ({ id }) => left === "all" || left.has(id),
  );
  const frame: FieldFrame = {
    getFieldId: (place) => `${formId}-${place}`,
    findFault: (place) => shownFaults.find((fault) => fault.id === place)?.message,
    onLeave: (place) => setLeft(left === "all" ? left : new Set([...left, place])),
  };
  const field = (place: keyof AgentFields) => ({
    id: frame.getFieldId(place),
    error: frame.findFault(place),
    onBlur: () => frame.onLeave(place),
  });
  const changes = "definition" in parsed ? definitionDiff(stored, parsed.definition) : [];
  const classes = fields.classes.split("\n").filter((line) => line.trim() !== "");
  return (
    <Form
      gap="lg"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if ("definition" in parsed) save.mutate(parsed.definition);
        else setLeft("all");
      }}
    >
      <Section id="what" title="Decision">
        <Columns>
          {stored === undefined && (
            <TextInput
              {...field("name")}
              label="Name"
              description="Lower-case letters, digits and _"
              value={fields.name}
              autoComplete="off"
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
          )}
          <TextInput
            {...field("description")}
            label="Description"
            description="One sentence for people"
            value={fields.description}
            onChange={(event) => change({ description: event.currentTarget.value })}
          />
          <Textarea
            {...field("classes")}
            label="Classes"
            description="One per line, in the order of their keys; leave empty to use the labels found"
            value={fields.classes}
            onChange={(event) => change({ classes: event.currentTarget.value })}
          />
          <NativeSelect
            {...field("positive")}
            label="Positive class"
            description="Class that thresholds and probabilities refer to"
            value={fields.positive}
            onChange={(event) => change({ positive: event.currentTarget.value })}
            data={[
              { value: "", label: "Last class" },
              ...new Set([...classes, ...(fields.positive === "" ? [] : [fields.positive])]),
            ]}
          />
        </Columns>
      </Section>
      <Section id="features" title="Features">
        <FeatureRows rows={fields.features} onChange={(features) => change({ features })} frame={frame} />
      </Section>
      <Section id="agent-thresholds" title="Thresholds">
        <ThresholdRows
          rows={fields.thresholds}
          onChange={(thresholds) => change({ thresholds })}
          frame={frame}
        />
      </Section>
      <Section id="labels" title="Label mapping">
        <Text c="dimmed">A class maps to itself; * matches every other label.</Text>
        <MappingRows
          rows={fields.labelMap}
          onChange={(labelMap) => change({ labelMap })}
          frame={frame}
          classes={classes}
        />
      </Section>
      <Section id="rules" title="Review and storage">
        <Columns>
          <TextInput
            {...field("reviewsPerItem")}
            label="Reviewers per item"
            description="Labels needed before an item counts, 1 to 5; default 1"
            value={fields.reviewsPerItem}
            onChange={(event) => change({ reviewsPerItem: event.currentTarget.value })}
          />
          <TextInput
            {...field("errorCost")}
            label="Cost of an error"
            description="For the order of the queue, in the same unit as the next field"
            value={fields.errorCost}
            onChange={(event) => change({ errorCost: event.currentTarget.value })}
          />
          <TextInput
            {...field("reviewCost")}
            label="Cost of a review"
            description="0 or more"
            value={fields.reviewCost}
            onChange={(event) => change({ reviewCost: event.currentTarget.value })}
          />
          <Textarea
            {...field("redact")}
            label="Redacted paths"
            description="Payload paths that are never stored, one per line"
            value={fields.redact}
            onChange={(event) => change({ redact: event.currentTarget.value })}
          />
        </Columns>
      </Section>
      <Section id="try" title="Test on a payload">
        <TriedPayload features={"definition" in parsed ? parsed.definition.features : null} />
      </Section>
      <Section id="before-saving" title="Changes">
        <FaultSummary faults={shownFaults.map((fault) => ({ ...fault, id: frame.getFieldId(fault.id) }))} />
        {"definition" in parsed &&
          (changes.length === 0 ? (
            <Text c="dimmed">No changes.</Text>
          ) : (
            <DataTable
              caption="Changes"
              rows={changes}
              rowKey={(row) => row.path}
              columns={[
                { name: "Field", cell: (row) => <span className="mono">{row.path}</span> },
                { name: "Old", kind: "wrap", cell: (row) => row.old },
                { name: "New", kind: "wrap", cell: (row) => row.next },
              ]}
            />
          ))}
        <Group>
          <Button
            type="submit"
            variant="filled"
            disabled={blocked !== null || ("definition" in parsed && changes.length === 0)}
            loading={save.isPending}
          >
            Save
          </Button>
          {blocked !== null && <span>{blocked}</span>}
        </Group>
        <div aria-live="polite">
          {save.isError && <Problem what="Not saved" error={save.error} />}
          {save.isSuccess && changes.length === 0 && <p>Saved. It takes effect with the next training.</p>}
        </div>
        {"definition" in parsed && (
          <details>
            <summary>JSON for the command line</summary>
            <Code block>{JSON.stringify(parsed.definition, null, 2)}</Code>
          </details>
        )}
      </Section>
    </Form>
  );
}
