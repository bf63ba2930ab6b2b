import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import type { AgentDefinition, AppliedAgent } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { DataTable } from "../parts/data-table.tsx";
import { FaultSummary } from "../parts/fault-summary.tsx";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";
import { type AgentFields, agentFields, definitionOf } from "./agent-fields.ts";
import { FeatureRows, type FieldFrame, MappingRows, ThresholdRows } from "./agent-rows.tsx";
import { definitionDiff } from "./definition-diff.ts";
import { TriedPayload } from "./tried-payload.tsx";

/** The definition of an agent as a form; undefined: of a new one. */
export function AgentForm({ stored }: { stored: AgentDefinition | undefined }) {
  const navigate = useNavigate();
  const { missing } = usePermission();
  const [fields, setFields] = useState<AgentFields>(() => agentFields(stored));
  const [left, setLeft] = useState<ReadonlySet<string> | "all">(new Set());
  const formId = useId();
  const parsed = definitionOf(fields);
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
    idOf: (place) => `${formId}-${place}`,
    faultOf: (place) => shownFaults.find((fault) => fault.id === place)?.message,
    onLeave: (place) => setLeft(left === "all" ? left : new Set([...left, place])),
  };
  const field = (place: keyof AgentFields) => ({
    id: frame.idOf(place),
    error: frame.faultOf(place),
    onBlur: () => frame.onLeave(place),
  });
  const changes = "definition" in parsed ? definitionDiff(stored, parsed.definition) : [];
  const classes = fields.classes.split("\n").filter((line) => line.trim() !== "");
  return (
    <form
      className="stack-wide"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if ("definition" in parsed) save.mutate(parsed.definition);
        else setLeft("all");
      }}
    >
      <section className="stack" aria-labelledby="what">
        <h2 id="what">What it decides</h2>
        <div className="columns">
          {stored === undefined && (
            <TextInput
              {...field("name")}
              label="Name"
              description="Small letters, digits and _"
              value={fields.name}
              autoComplete="off"
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
          )}
          <TextInput
            {...field("description")}
            label="Description"
            description="A sentence for people"
            value={fields.description}
            onChange={(event) => change({ description: event.currentTarget.value })}
          />
          <Textarea
            {...field("classes")}
            label="Classes"
            description="The answers, one a line, in the order of their keys; none: the labels found"
            value={fields.classes}
            onChange={(event) => change({ classes: event.currentTarget.value })}
          />
          <NativeSelect
            {...field("positive")}
            label="Positive class"
            description="What thresholds and probabilities are about"
            value={fields.positive}
            onChange={(event) => change({ positive: event.currentTarget.value })}
            data={[
              { value: "", label: "The last class" },
              ...new Set([...classes, ...(fields.positive === "" ? [] : [fields.positive])]),
            ]}
          />
        </div>
      </section>
      <section className="stack" aria-labelledby="features">
        <h2 id="features">Features</h2>
        <FeatureRows rows={fields.features} onChange={(features) => change({ features })} frame={frame} />
      </section>
      <section className="stack" aria-labelledby="agent-thresholds">
        <h2 id="agent-thresholds">Thresholds</h2>
        <ThresholdRows
          rows={fields.thresholds}
          onChange={(thresholds) => change({ thresholds })}
          frame={frame}
        />
      </section>
      <section className="stack" aria-labelledby="labels">
        <h2 id="labels">Labels that stand for a class</h2>
        <p className="muted">A class stands for itself; * stands for every label not named.</p>
        <MappingRows
          rows={fields.labelMap}
          onChange={(labelMap) => change({ labelMap })}
          frame={frame}
          classes={classes}
        />
      </section>
      <section className="stack" aria-labelledby="rules">
        <h2 id="rules">Review and storage</h2>
        <div className="columns">
          <TextInput
            {...field("reviewsPerItem")}
            label="People an item"
            description="How many label one item before it counts, 1 to 5; empty: 1"
            value={fields.reviewsPerItem}
            onChange={(event) => change({ reviewsPerItem: event.currentTarget.value })}
          />
          <TextInput
            {...field("errorCost")}
            label="Cost of an error"
            description="For the queue's order, in the unit of the next"
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
            label="Never stored"
            description="Payload paths, one a line"
            value={fields.redact}
            onChange={(event) => change({ redact: event.currentTarget.value })}
          />
        </div>
      </section>
      <section className="stack" aria-labelledby="try">
        <h2 id="try">Try it on a payload</h2>
        <TriedPayload features={"definition" in parsed ? parsed.definition.features : null} />
      </section>
      <section className="stack" aria-labelledby="before-saving">
        <h2 id="before-saving">Before saving</h2>
        <FaultSummary faults={shownFaults.map((fault) => ({ ...fault, id: frame.idOf(fault.id) }))} />
        {"definition" in parsed &&
          (changes.length === 0 ? (
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
          ))}
        <div className="row">
          <Button
            type="submit"
            variant="filled"
            disabled={blocked !== null || ("definition" in parsed && changes.length === 0)}
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
        {"definition" in parsed && (
          <details>
            <summary>As JSON, for the command line</summary>
            <pre className="json">{JSON.stringify(parsed.definition, null, 2)}</pre>
          </details>
        )}
      </section>
    </form>
  );
}
