import { Button, TextInput } from "@mantine/core";
import type { AddedEndpoint, NotificationEndpoint, StoredNotification } from "@relearn/contract";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { type Act, ConfirmAct } from "../parts/confirm-act.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { SettingsTabs } from "../parts/settings-tabs.tsx";

const endpointsQuery = queryOptions({
  queryKey: ["notifications", "endpoints"],
  queryFn: async ({ signal }) =>
    (await callApi<{ endpoints: NotificationEndpoint[] }>("GET", "/v1/notifications/endpoints", { signal }))
      .endpoints,
});

const addressOf = (name: string): string => `/v1/notifications/endpoints/${encodeURIComponent(name)}`;

/** Who is told of state changes, and how that goes. */
export function NotificationsPage() {
  const endpoints = useQuery(endpointsQuery);
  const { missing } = usePermission();
  const blocked = missing("administer");
  const [act, setAct] = useState<Act | null>(null);
  return (
    <Page title="Settings">
      <SettingsTabs />
      <section className="stack" aria-labelledby="webhooks">
        <h2 id="webhooks">Webhooks</h2>
        <Region name="Webhooks" query={endpoints}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty>Nobody is told of state changes. Add a webhook below.</Empty>
            ) : (
              <DataTable
                caption="Webhooks"
                rows={rows}
                rowKey={(row) => row.name}
                columns={[
                  { name: "Name", cell: (row) => row.name },
                  { name: "Address", kind: "wrap", cell: (row) => <span className="mono">{row.url}</span> },
                  { name: "Delivered", kind: "number", cell: (row) => row.delivered },
                  { name: "Waiting", kind: "number", cell: (row) => row.waiting },
                  { name: "Given up", kind: "number", cell: (row) => row.dead },
                  { name: "Last error", kind: "wrap", cell: (row) => row.last_error ?? "none" },
                  {
                    name: "Act",
                    cell: (row) => (
                      <div className="row">
                        <TestButton name={row.name} blocked={blocked !== null} />
                        <Button
                          size="compact-sm"
                          aria-label={`Remove ${row.name}`}
                          disabled={blocked !== null}
                          onClick={() => setAct(removalOf(row))}
                        >
                          Remove
                        </Button>
                      </div>
                    ),
                  },
                ]}
              />
            )
          }
        </Region>
      </section>
      <NewEndpoint blocked={blocked} />
      <ConfirmAct
        act={act}
        onClose={() => setAct(null)}
        onDone={() => {
          setAct(null);
          void queryClient.invalidateQueries();
        }}
      />
    </Page>
  );
}

function removalOf({ name, waiting }: NotificationEndpoint): Act {
  return {
    title: `Remove ${name}?`,
    text:
      waiting === 0
        ? "It is told nothing more."
        : `It is told nothing more; ${waiting} waiting messages are not sent.`,
    confirm: "Remove",
    cancel: "Keep",
    focus: "cancel",
    reason: "none",
    run: () => callApi("DELETE", addressOf(name)),
  };
}

function TestButton({ name, blocked }: { name: string; blocked: boolean }) {
  const test = useMutation({
    mutationFn: () => callApi<StoredNotification>("POST", `${addressOf(name)}/test`, { body: {} }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["notifications"] }),
  });
  return (
    <>
      <Button
        size="compact-sm"
        aria-label={`Test ${name}`}
        disabled={blocked}
        loading={test.isPending}
        onClick={() => test.mutate()}
      >
        Test
      </Button>
      {test.isError && <Problem what="Not sent" error={test.error} />}
      <span role="status">
        {test.data !== undefined &&
          (test.data.state === "delivered" ? "Taken." : `Not taken. ${test.data.last_error ?? ""}`)}
      </span>
    </>
  );
}

function NewEndpoint({ blocked }: { blocked: string | null }) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const add = useMutation({
    mutationFn: () => callApi<AddedEndpoint>("PUT", addressOf(name.trim()), { body: { url: url.trim() } }),
    onSuccess: () => {
      setName("");
      setUrl("");
      void queryClient.invalidateQueries({ queryKey: ["notifications"] });
    },
  });
  return (
    <form
      className="stack form"
      aria-labelledby="new-webhook"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <h2 id="new-webhook">New webhook</h2>
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput
        label="Address"
        description="https://…; http:// on this machine and its private network"
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <div className="row">
        <Button
          type="submit"
          disabled={blocked !== null || name.trim() === "" || url.trim() === ""}
          loading={add.isPending}
        >
          Add
        </Button>
        {blocked !== null && <span>{blocked}</span>}
      </div>
      {add.isError && <Problem what="Not added" error={add.error} />}
      {add.data?.secret != null && (
        <p role="status">
          {add.data.endpoint.name} is told of every state change from now on. Its secret, shown this once:{" "}
          <code>{add.data.secret}</code>
        </p>
      )}
    </form>
  );
}
