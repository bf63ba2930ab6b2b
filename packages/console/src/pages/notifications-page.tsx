import { Button, Code, Group, TextInput, Title } from "@mantine/core";
import type { AddedEndpoint, NotificationEndpoint, StoredNotification } from "@relearn/contract";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { type Act, useActDialog } from "../parts/act-dialog.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Form } from "../parts/form.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";

const endpointsQuery = queryOptions({
  queryKey: ["notifications", "endpoints"],
  queryFn: async ({ signal }) =>
    (await callApi<{ endpoints: NotificationEndpoint[] }>("GET", "/v1/notifications/endpoints", { signal }))
      .endpoints,
});

const toAddress = (name: string): string => `/v1/notifications/endpoints/${encodeURIComponent(name)}`;

/** Webhooks that are notified of state changes. */
export function NotificationsPage() {
  const endpoints = useQuery(endpointsQuery);
  const { missing } = usePermission();
  const blocked = missing("administer");
  const { ask, dialog } = useActDialog();
  return (
    <Page title="Settings">
      <SettingsTabs />
      <Section id="webhooks" title="Webhooks">
        <Region name="Webhooks" query={endpoints}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty>No webhooks. Add one below to be notified of state changes.</Empty>
            ) : (
              <DataTable
                caption="Webhooks"
                rows={rows}
                rowKey={(row) => row.name}
                columns={[
                  { name: "Name", cell: (row) => row.name },
                  { name: "URL", kind: "wrap", cell: (row) => <span className="mono">{row.url}</span> },
                  { name: "Delivered", kind: "number", cell: (row) => row.delivered },
                  { name: "Waiting", kind: "number", cell: (row) => row.waiting },
                  { name: "Failed", kind: "number", cell: (row) => row.dead },
                  { name: "Last error", kind: "wrap", cell: (row) => row.last_error ?? "none" },
                  {
                    name: "Actions",
                    cell: (row) => (
                      <Group>
                        <TestButton name={row.name} blocked={blocked !== null} />
                        <Button
                          size="compact-sm"
                          aria-label={`Remove ${row.name}`}
                          disabled={blocked !== null}
                          onClick={() => ask(createRemoval(row))}
                        >
                          Remove
                        </Button>
                      </Group>
                    ),
                  },
                ]}
              />
            )
          }
        </Region>
      </Section>
      <NewEndpoint blocked={blocked} />
      {dialog}
    </Page>
  );
}

function createRemoval({ name, waiting }: NotificationEndpoint): Act {
  return {
    title: `Remove ${name}?`,
    text:
      waiting === 0
        ? "It receives no more notifications."
        : `It receives no more notifications; ${waiting} waiting messages are dropped.`,
    confirm: "Remove",
    cancel: "Cancel",
    focus: "cancel",
    reason: "none",
    run: () => callApi("DELETE", toAddress(name)),
  };
}

function TestButton({ name, blocked }: { name: string; blocked: boolean }) {
  const test = useMutation({
    mutationFn: () => callApi<StoredNotification>("POST", `${toAddress(name)}/test`, { body: {} }),
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
          (test.data.state === "delivered" ? "Delivered." : `Not delivered. ${test.data.last_error ?? ""}`)}
      </span>
    </>
  );
}

function NewEndpoint({ blocked }: { blocked: string | null }) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const add = useMutation({
    mutationFn: () => callApi<AddedEndpoint>("PUT", toAddress(name.trim()), { body: { url: url.trim() } }),
    onSuccess: () => {
      setName("");
      setUrl("");
      void queryClient.invalidateQueries({ queryKey: ["notifications"] });
    },
  });
  return (
    <Form
      narrow
      aria-labelledby="new-webhook"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <Title order={2} id="new-webhook">
        New webhook
      </Title>
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput
        label="URL"
        description="https://…, or http:// on this machine and its private network"
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <Group>
        <Button
          type="submit"
          disabled={blocked !== null || name.trim() === "" || url.trim() === ""}
          loading={add.isPending}
        >
          Add webhook
        </Button>
        {blocked !== null && <span>{blocked}</span>}
      </Group>
      {add.isError && <Problem what="Not added" error={add.error} />}
      {add.data?.secret != null && (
        <p role="status">
          {add.data.endpoint.name} will be notified of every state change. Its secret is shown only once:{" "}
          <Code>{add.data.secret}</Code>
        </p>
      )}
    </Form>
  );
}
