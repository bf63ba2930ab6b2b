import { Button, Code, NativeSelect, Stack, TextInput } from "@mantine/core";
import type { LabeledExample } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { examplesQuery } from "../api/documents.ts";
import { agentColumn } from "../parts/agent-column.ts";
import { DataTabs } from "../parts/data-tabs.tsx";
import { Empty } from "../parts/empty.tsx";
import { ExportLinks } from "../parts/export-links.tsx";
import { Form } from "../parts/form.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Pager } from "../parts/pager.tsx";
import { Region } from "../parts/region.tsx";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/data/examples");
const sources = ["approvals", "feedback", "gold", "synthetic", "review"];

/** Labeled examples, newest first. */
export function ExamplesPage() {
  const { agent, source, label, key } = route.useSearch();
  const navigate = useNavigate({ from: "/data/examples" });
  const [before, setBefore] = useState<number | undefined>(undefined);
  const filters = { agent, source: sources.find((one) => one === source), label, key };
  const examples = useQuery(examplesQuery({ ...filters, before }));
  const filtered = source !== undefined || label !== undefined || key !== undefined;
  return (
    <Page title="Data" part="Examples" actions={<ExportLinks path="/v1/examples/export" filters={filters} />}>
      <DataTabs />
      <Form
        layout="row"
        key={JSON.stringify(filters)}
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const given = (name: string) => String(form.get(name) ?? "").trim() || undefined;
          setBefore(undefined);
          void navigate({
            search: { agent, source: given("source"), label: given("label"), key: given("key") } as never,
          });
        }}
      >
        <NativeSelect
          label="Source"
          name="source"
          defaultValue={source ?? ""}
          data={[{ value: "", label: "All sources" }, ...sources]}
        />
        <TextInput label="Label" name="label" defaultValue={label ?? ""} />
        <TextInput label="Key" name="key" defaultValue={key ?? ""} />
        <Button type="submit">Filter</Button>
        {filtered && (
          <Button
            variant="subtle"
            onClick={() => {
              setBefore(undefined);
              void navigate({ search: (agent === undefined ? {} : { agent }) as never });
            }}
          >
            Clear filters
          </Button>
        )}
      </Form>
      <Region name="Examples" query={examples}>
        {(page) =>
          page.examples.length === 0 ? (
            <Empty>
              {filtered ? (
                "No examples match. Clear the filters."
              ) : (
                <>
                  No examples. <Link to="/data/imports">Import</Link>, or{" "}
                  <Link to="/data/sources">load all feeds</Link>.
                </>
              )}
            </Empty>
          ) : (
            <Stack>
              <LiveTable
                key={before}
                caption="Labeled examples"
                rows={page.examples}
                rowKey={(example) => String(example.id)}
                columns={[
                  { name: "Key", cell: (example) => <span className="mono">{example.key}</span> },
                  ...agentColumn<LabeledExample>(agent, (example) => example.agent),
                  { name: "Label", cell: (example) => example.label },
                  { name: "Source", cell: (example) => example.source },
                  { name: "Confidence", kind: "number", cell: (example) => example.confidence },
                  { name: "Labeled by", cell: (example) => example.labeled_by ?? "" },
                  { name: "Labeled", cell: (example) => <TimeText at={example.created_at} /> },
                  {
                    name: "Payload",
                    kind: "wrap",
                    cell: (example) => (
                      <details>
                        <summary>Show</summary>
                        <Code block>{JSON.stringify(example.payload, null, 2)}</Code>
                      </details>
                    ),
                  },
                ]}
              />
              <Pager before={before} next={page.next} onChange={setBefore} />
            </Stack>
          )
        }
      </Region>
    </Page>
  );
}
