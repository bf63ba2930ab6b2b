import { Button, Group, NativeSelect, Text } from "@mantine/core";
import type { AgentDefinition } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { queryClient } from "../api/query-client.ts";
import { formatAmount, formatCount } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";
import { columnProblem } from "./column-problem.ts";
import { guessMapping, type ImportTarget, type Mapping, previewImport, targets } from "./import-rows.ts";
import type { ImportTable } from "./parse-table.ts";
import { type ImportTotals, MAX_RECORDS_PER_REQUEST, sendDrafts } from "./send-drafts.ts";

/** After the last change, before the service is asked what would come of it. */
const SETTLE_MS = 400;
const SHOWN = 100;

/** What each column becomes, what would come of it by the service's own word, and the import. */
export function ImportForm({ table, agent }: { table: ImportTable; agent: AgentDefinition }) {
  const { missing } = usePermission();
  const [mapping, setMapping] = useState<Mapping>(() => guessMapping(table, agent));
  const [source, setSource] = useState<"gold" | "synthetic">("gold");
  const preview = previewImport(table, mapping, agent, source);
  const blocked =
    missing("operate") ?? preview.fault ?? (preview.drafts.length === 0 ? "No row makes an example." : null);
  const rehearsal = useMutation({
    mutationFn: () => sendDrafts(preview.drafts, { rehearsal: true }),
  });
  const send = useMutation({
    mutationFn: () => sendDrafts(preview.drafts, { rehearsal: false }),
    onSettled: () => queryClient.invalidateQueries(),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again where what would be sent is another.
  useEffect(() => {
    send.reset();
    rehearsal.reset();
    if (blocked !== null) return;
    const timer = setTimeout(() => rehearsal.mutate(), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [mapping, source, blocked]);
  const used = new Set(table.columns.filter((column) => mapping[column] === "feature"));
  const unfed = agent.features.filter((feature) => !used.has(feature.name) && !used.has(feature.path));
  const hasPayload = Object.values(mapping).includes("payload");
  const rejected = [...preview.rejected, ...(rehearsal.data?.rejected ?? [])].sort((a, b) => a.row - b.row);
  return (
    <>
      <Section id="columns" title="2. What each column becomes">
        <DataTable
          caption="Columns"
          rows={table.columns}
          rowKey={(column) => column}
          columns={[
            { name: "Column", cell: (column) => <span className="mono">{column}</span> },
            { name: "First values", kind: "wrap", cell: (column) => sampleText(table, column) },
            {
              name: "Becomes",
              cell: (column) => (
                <NativeSelect
                  aria-label={`What ${column} becomes`}
                  miw={128}
                  value={mapping[column] ?? "nothing"}
                  data={[...targets]}
                  onChange={(event) =>
                    setMapping({ ...mapping, [column]: event.currentTarget.value as ImportTarget })
                  }
                />
              ),
            },
            {
              name: "Problem",
              kind: "wrap",
              cell: (column) => columnProblem(table, column, mapping[column] ?? "nothing", agent),
            },
          ]}
        />
        {unfed.length > 0 && !hasPayload && (
          <Text c="dimmed">
            No column for {unfed.map((feature) => feature.name).join(", ")}: absent, so the default is taken.
          </Text>
        )}
        <NativeSelect
          maw={480}
          label="Source"
          value={source}
          onChange={(event) => setSource(event.currentTarget.value === "gold" ? "gold" : "synthetic")}
          data={[
            { value: "gold", label: "gold: labeled by people" },
            { value: "synthetic", label: "synthetic: made up" },
          ]}
        />
      </Section>
      <Section id="preview" title="3. What comes of it">
        <div aria-live="polite">
          {rehearsal.isError ? (
            <Problem what="Not tried" error={rehearsal.error} onRetry={() => rehearsal.mutate()} />
          ) : rehearsal.data !== undefined ? (
            <p>
              {totalsText(rehearsal.data, preview.rejected.length)}
              {rehearsal.data.conflicts > 0 && " A conflict keeps the old label and waits for a person."}
              {preview.drafts.length > MAX_RECORDS_PER_REQUEST &&
                " Tried ten thousand rows at a time: the same row in two parts counts as new twice."}{" "}
              {!send.isSuccess && (
                <Text span c="dimmed">
                  Nothing is stored yet.
                </Text>
              )}
            </p>
          ) : (
            <Text c="dimmed">
              {blocked ??
                `${formatAmount(preview.drafts.length, "row")} on trial; ${formatCount(preview.rejected.length)} rejected already.`}
            </Text>
          )}
        </div>
        {rejected.length > 0 && (
          <DataTable
            caption="Rejected rows"
            rows={rejected.slice(0, SHOWN)}
            rowKey={(row) => String(row.row)}
            columns={[
              { name: "Row", kind: "number", cell: (row) => formatCount(row.row) },
              { name: "Why", kind: "wrap", cell: (row) => row.reason },
            ]}
          />
        )}
        {rejected.length > SHOWN && (
          <Text c="dimmed">
            The first {SHOWN} of {formatCount(rejected.length)} are shown.
          </Text>
        )}
      </Section>
      <Section id="import" title="4. Import">
        <Group>
          <Button
            variant="filled"
            disabled={blocked !== null || send.isSuccess}
            loading={send.isPending}
            onClick={() => send.mutate()}
          >
            Import {formatCount(rehearsal.data?.stored ?? preview.drafts.length)}
          </Button>
          {blocked !== null && <span>{blocked}</span>}
        </Group>
        <div aria-live="polite">
          {send.isError && (
            <Problem what="Not imported to the end" error={send.error} onRetry={() => send.mutate()} />
          )}
          {send.data !== undefined && (
            <p>
              Imported: {totalsText(send.data, preview.rejected.length)}{" "}
              <Link to="/data/examples">Examples</Link>
            </p>
          )}
        </div>
      </Section>
    </>
  );
}

/** "1,180 new, 20 duplicates, 7 conflicts, 3 rejected." */
function totalsText({ stored, duplicates, conflicts, rejected }: ImportTotals, unread: number): string {
  return `${formatCount(stored)} new, ${formatAmount(duplicates, "duplicate")}, ${formatAmount(conflicts, "conflict")}, ${formatCount(rejected.length + unread)} rejected.`;
}

function sampleText(table: ImportTable, column: string): string {
  return table.rows
    .slice(0, 3)
    .map((row) => {
      const value = row[column];
      const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
      return text.length > 60 ? `${text.slice(0, 60)}…` : text;
    })
    .join(" · ");
}
