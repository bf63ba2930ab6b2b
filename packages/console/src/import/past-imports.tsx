import { Code, NativeSelect, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { auditQuery } from "../api/documents.ts";
import { formatCount } from "../format/numbers.ts";
import { agentColumn } from "../parts/agent-column.ts";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Pager } from "../parts/pager.tsx";
import { Region } from "../parts/region.tsx";
import { Section } from "../parts/section.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { type ImportKind, importKinds, type PastImport, toPastImport } from "./past-import.ts";

const route = getRouteApi("/data/imports");

/** What came in before, newest first, out of the audit log. */
export function PastImports() {
  const { agent, kind: wanted } = route.useSearch();
  const kind: ImportKind = wanted === "signals" ? "signals" : "examples";
  const navigate = useNavigate({ from: "/data/imports" });
  const [before, setBefore] = useState<number | undefined>(undefined);
  const events = useQuery(auditQuery({ kind: importKinds[kind], agent, before }, 50));
  return (
    <Section id="past" title="Past imports">
      <Text c="dimmed">
        What came by a file, a command or the API. A batch is a row: a large file comes in several, of up to
        1,000 examples each. What changed nothing has no row.
        {agent !== undefined && " Batches of several agents stand under all agents."}
      </Text>
      <NativeSelect
        maw={480}
        label="What came in"
        value={kind}
        onChange={(event) => {
          setBefore(undefined);
          const chosen = event.currentTarget.value === "signals" ? { kind: "signals" } : {};
          void navigate({
            search: { ...(agent === undefined ? {} : { agent }), ...chosen },
            resetScroll: false,
          });
        }}
        data={[
          { value: "examples", label: "labeled examples" },
          { value: "signals", label: "signals of people: approvals, feedback, gold" },
        ]}
      />
      <Region name="Imports" query={events}>
        {(page) => {
          const imports = page.events.flatMap((event) => toPastImport(event) ?? []);
          return imports.length === 0 ? (
            <NothingCame kind={kind} />
          ) : (
            <Stack>
              <LiveTable
                key={before}
                caption="Past imports, newest first"
                rows={imports}
                rowKey={({ event }) => String(event.sequence)}
                columns={[
                  {
                    name: "Import",
                    cell: ({ event }) => (
                      <Link to="/data/imports/$id" params={{ id: String(event.sequence) }}>
                        #{event.sequence}
                      </Link>
                    ),
                  },
                  { name: "Came", cell: ({ event }) => <TimeText at={event.at} /> },
                  { name: "By", kind: "nowrap", cell: ({ event }) => event.actor },
                  ...agentColumn<PastImport>(agent, ({ agents }) => agents.join(", ")),
                  ...(kind === "signals" ? [{ name: "What", cell: ({ what }: PastImport) => what }] : []),
                  ...(imports[0]?.counts ?? []).map(([name], place) => ({
                    name,
                    kind: "number" as const,
                    cell: ({ counts }: PastImport) => countText(counts[place]?.[1]),
                  })),
                ]}
              />
              <Pager before={before} next={page.next_before} onChange={setBefore} />
            </Stack>
          );
        }}
      </Region>
    </Section>
  );
}

function countText(count: number | undefined): string {
  return count === undefined ? "not noted" : formatCount(count);
}

function NothingCame({ kind }: { kind: ImportKind }) {
  return kind === "examples" ? (
    <Empty>
      Nothing imported yet. Choose a file above, or run <Code>relearn import examples FILE</Code>.
    </Empty>
  ) : (
    <Empty>
      No signal of people yet. Run <Code>relearn import approvals FILE</Code>, or send them to{" "}
      <Code>/v1/signals/approvals</Code>.
    </Empty>
  );
}
