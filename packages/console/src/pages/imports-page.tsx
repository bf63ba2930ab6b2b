import { NativeSelect, Paper, Stack, Text, Title } from "@mantine/core";
import { DEFAULT_ENCODING } from "@relearn/contract/table";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { agentsQuery } from "../api/documents.ts";
import { useReviewAgent } from "../chosen-agent.ts";
import { encodings } from "../import/encodings.ts";
import { ImportForm } from "../import/import-form.tsx";
import { type ImportTable, parseTable } from "../import/parse-table.ts";
import { PastImports } from "../import/past-imports.tsx";
import { DataTabs } from "../parts/data-tabs.tsx";
import { NoAgent } from "../parts/no-agent.tsx";
import { Notice } from "../parts/notice.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";

/** Labeled examples from a file: choose, say what each column becomes, see what comes of it, import. */
export function ImportsPage() {
  const agents = useQuery(agentsQuery);
  const agentName = useReviewAgent();
  const definition = agents.data?.find((one) => one.definition.name === agentName)?.definition;
  const [table, setTable] = useState<ImportTable | null>(null);
  const [file, setFile] = useState<File | undefined>();
  const [encoding, setEncoding] = useState(DEFAULT_ENCODING);
  const [fault, setFault] = useState<string | null>(null);
  const inputId = useId();
  const open = async (chosen: File | undefined, chosenEncoding: string) => {
    if (chosen === undefined) return;
    setFile(chosen);
    try {
      setFault(null);
      setTable(await parseTable(chosen.name, new Uint8Array(await chosen.arrayBuffer()), chosenEncoding));
    } catch (error) {
      setTable(null);
      setFault(`${chosen.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <Page title="Data" part="Import">
      <DataTabs />
      <Paper
        component="section"
        p="lg"
        aria-labelledby="choose"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void open(event.dataTransfer.files[0], encoding);
        }}
      >
        <Stack>
          <Title order={2} id="choose">
            1. Choose a file
          </Title>
          <label htmlFor={inputId}>
            CSV, JSON or JSON lines of labeled examples for {agentName ?? "an agent"}; drop it here or choose
            it
          </label>
          <Text size="xs" c="dimmed">
            One row per example: a column that names it, one with its label, and one for each feature or one
            with the whole payload. Nothing is sent before you have seen what comes of it.
          </Text>
          <input
            id={inputId}
            type="file"
            accept=".csv,.json,.jsonl,.ndjson"
            onChange={(event) => void open(event.currentTarget.files?.[0], encoding)}
          />
          <NativeSelect
            label="Encoding"
            value={encoding}
            data={encodings}
            onChange={(event) => {
              setEncoding(event.currentTarget.value);
              void open(file, event.currentTarget.value);
            }}
          />
        </Stack>
      </Paper>
      {fault !== null && <Notice kind="failure">{fault}</Notice>}
      {agentName === undefined && (
        <Region name="Agents" query={agents}>
          {(all) => all.length === 0 && <NoAgent />}
        </Region>
      )}
      {table !== null && definition !== undefined && (
        <ImportForm
          key={`${file?.name} ${encoding} ${definition.name} ${table.rows.length}`}
          table={table}
          agent={definition}
        />
      )}
      <PastImports />
    </Page>
  );
}
