import { Button, Group, Paper, Stack, Text, Textarea, Title } from "@mantine/core";
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
import classes from "./review.module.css";
import { VerdictsView } from "./verdicts-view.tsx";

/** Items that people disagree about; their names are shown after the decision. */
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
    <Stack gap="lg">
      <div aria-live="polite">
        {settled !== null && (
          <Paper withBorder p="md">
            <p>
              {settled.task_key} is resolved: {settled.label}.
            </p>
            <VerdictsView last={settled} />
          </Paper>
        )}
      </div>
      <Region name="Disputed items" query={disputed}>
        {(items) => {
          const [item] = items;
          return item === undefined ? (
            <Empty>No disputed items.</Empty>
          ) : (
            <>
              <Text c="dimmed">
                {items.length} to resolve. Anyone who labeled an item cannot resolve it. Your decision is
                final.
              </Text>
              <Dispute key={item.item_id} item={item} onSettled={setSettled} />
            </>
          );
        }}
      </Region>
    </Stack>
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
  const blocked = rationale.trim() === "" ? "Enter a rationale to continue." : null;
  const labels = item.classes ??
    definition?.classes ?? [...new Set(item.answers.map((answer) => answer.label))];
  return (
    <div className={classes["review"]}>
      <Stack component="section" aria-labelledby="dispute">
        <Title id="dispute" ff="monospace">
          {item.task_key}
        </Title>
        <PayloadView payload={item.payload} features={definition?.features ?? []} agent={item.agent} />
      </Stack>
      <Stack component="aside" aria-label="Decision">
        <DataTable
          caption="Answers of the reviewers"
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
        <Group>
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
          {blocked !== null && (
            <Text span c="dimmed">
              {blocked}
            </Text>
          )}
        </Group>
        {settle.isError && <Problem what="Not resolved" error={settle.error} />}
      </Stack>
    </div>
  );
}
