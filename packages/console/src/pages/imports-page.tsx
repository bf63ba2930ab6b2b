import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import type { AddReport, AgentDefinition } from "../../../server/src/http-contract.ts";
import { callApi } from "../api/call-api.ts";
import { agentsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { useReviewAgent } from "../chosen-agent.ts";
import { formatAmount, formatCount } from "../format/numbers.ts";
import {
  guessMapping,
  type ImportDraft,
  type ImportTarget,
  type Mapping,
  previewImport,
  targets,
} from "../import/import-rows.ts";
import { type ImportTable, parseTable } from "../import/parse-table.ts";
import { DataTable } from "../parts/data-table.tsx";
import { DataTabs } from "../parts/data-tabs.tsx";
import { NoAgent } from "../parts/no-agent.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";

/** Rows a request: the service takes up to 10,000. */
const CHUNK = 1000;

interface Totals {
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejected: number;
}

/** Labeled examples from a file: choose, say what each column becomes, see what comes of it, import. */
export function ImportsPage() {
  const agents = useQuery(agentsQuery);
  const agentName = useReviewAgent();
  const definition = agents.data?.find((one) => one.definition.name === agentName)?.definition;
  const [table, setTable] = useState<ImportTable | null>(null);
  const [fileName, setFileName] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const inputId = useId();
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    try {
      setFault(null);
      setTable(parseTable(file.name, await file.text()));
      setFileName(file.name);
    } catch (error) {
      setTable(null);
      setFault(`${file.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <Page title="Data" part="Import">
      <DataTabs />
      <section
        className="stack empty"
        aria-labelledby="choose"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void open(event.dataTransfer.files[0]);
        }}
      >
        <h2 id="choose">1. Choose a file</h2>
        <label htmlFor={inputId}>
          CSV, JSON or JSON lines of labeled examples for {agentName ?? "an agent"}; drop it here or choose it
        </label>
        <input
          id={inputId}
          type="file"
          accept=".csv,.json,.jsonl,.ndjson"
          onChange={(event) => void open(event.currentTarget.files?.[0])}
        />
      </section>
      {fault !== null && (
        <p className="problem" role="alert">
          {fault}
        </p>
      )}
      {agentName === undefined && (
        <Region name="Agents" query={agents}>
          {(all) => all.length === 0 && <NoAgent />}
        </Region>
      )}
      {table !== null && definition !== undefined && (
        <ImportForm
          key={`${fileName} ${definition.name} ${table.rows.length}`}
          table={table}
          agent={definition}
        />
      )}
    </Page>
  );
}

function ImportForm({ table, agent }: { table: ImportTable; agent: AgentDefinition }) {
  const { missing } = usePermission();
  const [mapping, setMapping] = useState<Mapping>(() => guessMapping(table, agent));
  const [source, setSource] = useState<"gold" | "synthetic">("gold");
  const preview = previewImport(table, mapping, agent, source);
  const send = useMutation({
    mutationFn: () => sendDrafts(preview.drafts),
    onSettled: () => queryClient.invalidateQueries(),
  });
  const blocked =
    missing("operate") ?? preview.fault ?? (preview.drafts.length === 0 ? "No row makes an example." : null);
  return (
    <>
      <section className="stack" aria-labelledby="columns">
        <h2 id="columns">2. What each column becomes</h2>
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
                  value={mapping[column] ?? "nothing"}
                  data={[...targets]}
                  onChange={(event) =>
                    setMapping({ ...mapping, [column]: event.currentTarget.value as ImportTarget })
                  }
                />
              ),
            },
          ]}
        />
        <NativeSelect
          className="form"
          label="Source"
          value={source}
          onChange={(event) => setSource(event.currentTarget.value === "gold" ? "gold" : "synthetic")}
          data={[
            { value: "gold", label: "gold: labeled by people" },
            { value: "synthetic", label: "synthetic: made up" },
          ]}
        />
      </section>
      <section className="stack" aria-labelledby="preview">
        <h2 id="preview">3. What comes of it</h2>
        <p>
          {formatAmount(preview.drafts.length, "row")} make an example, {formatCount(preview.rejected.length)}{" "}
          are rejected. Duplicates and conflicts show after the import; a conflict keeps the old label.
        </p>
        {preview.rejected.length > 0 && (
          <DataTable
            caption="Rejected rows"
            rows={preview.rejected.slice(0, 100)}
            rowKey={(row) => String(row.row)}
            columns={[
              { name: "Row", kind: "number", cell: (row) => formatCount(row.row) },
              { name: "Why", kind: "wrap", cell: (row) => row.reason },
            ]}
          />
        )}
        <div className="row">
          <Button
            variant="filled"
            disabled={blocked !== null || send.isSuccess}
            loading={send.isPending}
            onClick={() => send.mutate()}
          >
            Import {formatCount(preview.drafts.length)}
          </Button>
          {blocked !== null && <span>{blocked}</span>}
        </div>
        <div aria-live="polite">
          {send.isError && (
            <Problem what="Not imported to the end" error={send.error} onRetry={() => send.mutate()} />
          )}
          {send.data !== undefined && (
            <p>
              {formatCount(send.data.stored)} new, {formatCount(send.data.duplicates)} duplicates,{" "}
              {formatCount(send.data.conflicts)} conflicts, {formatCount(send.data.rejected)} rejected.{" "}
              <Link to="/data/examples">Examples</Link>
            </p>
          )}
        </div>
      </section>
    </>
  );
}

/** Chunk after chunk; sent again after a failure, what was stored already counts as duplicate. */
async function sendDrafts(drafts: readonly ImportDraft[]): Promise<Totals> {
  let totals: Totals = { stored: 0, duplicates: 0, conflicts: 0, rejected: 0 };
  for (let from = 0; from < drafts.length; from += CHUNK) {
    const report = await callApi<AddReport>("POST", "/v1/examples", {
      body: drafts.slice(from, from + CHUNK),
    });
    totals = {
      stored: totals.stored + report.stored,
      duplicates: totals.duplicates + report.duplicates,
      conflicts: totals.conflicts + report.conflicts,
      rejected: totals.rejected + report.rejected.length,
    };
  }
  return totals;
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
