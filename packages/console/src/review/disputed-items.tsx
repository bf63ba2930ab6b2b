import { Button, Textarea } from "@mantine/core";
import type { AnswerResult, DisputedItemDocument } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { agentsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { PayloadView } from "./payload-view.tsx";
import { VerdictsView } from "./verdicts-view.tsx";

/** What people disagree about: labels as A and B, names after deciding. */
export function DisputedItems({ agent }: { agent: string }) {
  const [settled, setSettled] = useState<AnswerResult | null>(null);
  const disputed = useQuery({
    queryKey: ["review", "disputed", agent],
    queryFn: async ({ signal }) =>
      (
        await callApi<{ items: DisputedItemDocument[] }>("GET", "/v1/review/disputed", {
          query: { agent, limit: 20 },
          signal,
        })
      ).items,
  });
  return (
    <div className="stack-wide">
      <div aria-live="polite">
        {settled !== null && (
          <div className="panel stack">
            <p>
              {settled.task_key} is settled: {settled.label}.
            </p>
            <VerdictsView last={settled} />
          </div>
        )}
      </div>
      <Region name="Disputed items" query={disputed}>
        {(items) => {
          const [item] = items;
          return item === undefined ? (
            <Empty>Nothing is disputed.</Empty>
          ) : (
            <>
              <p className="muted">
                {items.length} to settle. Whoever labeled an item does not settle it; what you decide is
                final.
              </p>
              <Dispute key={item.item_id} item={item} onSettled={setSettled} />
            </>
          );
        }}
      </Region>
    </div>
  );
}

function Dispute({
  item,
  onSettled,
}: {
  item: DisputedItemDocument;
  onSettled: (result: AnswerResult) => void;
}) {
  const { data: agents } = useQuery(agentsQuery);
  const definition = agents?.find((one) => one.definition.name === item.agent)?.definition;
  const [rationale, setRationale] = useState("");
  const settle = useMutation({
    mutationFn: (label: string) =>
      callApi<AnswerResult>("POST", `/v1/review/items/${item.item_id}/adjudication`, {
        body: { label, rationale: rationale.trim() },
      }),
    onSuccess: (result) => {
      onSettled(result);
      return queryClient.invalidateQueries();
    },
  });
  const blocked = rationale.trim() === "" ? "Give a rationale first." : null;
  const labels = item.classes ??
    definition?.classes ?? [...new Set(item.answers.map((answer) => answer.label))];
  return (
    <div className="review">
      <section className="stack" aria-labelledby="dispute">
        <h2 id="dispute" className="mono">
          {item.task_key}
        </h2>
        <PayloadView payload={item.payload} features={definition?.features ?? []} agent={item.agent} />
      </section>
      <aside className="stack" aria-label="Settle">
        <DataTable
          caption="What the reviewers said"
          rows={item.answers}
          rowKey={(answer) => answer.who}
          columns={[
            { name: "Reviewer", cell: (answer) => answer.who },
            { name: "Label", cell: (answer) => answer.label },
            { name: "Comment", kind: "wrap", cell: (answer) => answer.notes ?? "" },
          ]}
        />
        <Textarea
          label="Rationale"
          value={rationale}
          onChange={(event) => setRationale(event.currentTarget.value)}
          maxLength={10_000}
        />
        <div className="row">
          {labels.map((label) => (
            <Button
              key={label}
              disabled={blocked !== null}
              loading={settle.isPending}
              onClick={() => settle.mutate(label)}
            >
              {label}
            </Button>
          ))}
          {blocked !== null && <span className="muted">{blocked}</span>}
        </div>
        {settle.isError && <Problem what="Not settled" error={settle.error} />}
      </aside>
    </div>
  );
}
