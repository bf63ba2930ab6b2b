import { Button, Checkbox, Code } from "@mantine/core";
import type { ApiKey, Session } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keysQuery, sessionsQuery } from "../access/access-documents.ts";
import { NewKey } from "../access/new-key.tsx";
import { callApi } from "../api/call-api.ts";
import { formatAmount } from "../format/numbers.ts";
import { type Act, useActDialog } from "../parts/act-dialog.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { TimeText } from "../parts/time-text.tsx";

/** API keys of people and agents, and open sessions. */
export function KeysPage() {
  const { session, missing } = usePermission();
  const blocked = missing("manage_keys");
  const { ask, dialog } = useActDialog();
  return (
    <Page title="Settings" part="Keys" actions={<NewKey session={session} blocked={blocked} />}>
      <SettingsTabs />
      {session !== undefined && blocked === null && <Keys onAct={ask} />}
      {session !== undefined && !session.open && <Sessions own={session.session_id} onAct={ask} />}
      {dialog}
    </Page>
  );
}

function Keys({ onAct }: { onAct: (act: Act) => void }) {
  const keys = useQuery(keysQuery);
  const [all, setAll] = useState(false);
  return (
    <Section id="keys" title="Keys">
      <Region name="Keys" query={keys}>
        {(rows) => {
          const ended = rows.filter((key) => key.state !== "usable").length;
          if (rows.length === 0) {
            return (
              <Empty>
                No keys. Create one before others connect: here, or with{" "}
                <Code>relearn keys create --role admin</Code>.
              </Empty>
            );
          }
          return (
            <>
              {ended > 0 && (
                <Checkbox
                  label={`Show ${formatAmount(ended, "expired or revoked key")}`}
                  checked={all}
                  onChange={(event) => setAll(event.currentTarget.checked)}
                />
              )}
              <KeyTable rows={all ? rows : rows.filter((key) => key.state === "usable")} onAct={onAct} />
            </>
          );
        }}
      </Region>
    </Section>
  );
}

function KeyTable({ rows, onAct }: { rows: readonly ApiKey[]; onAct: (act: Act) => void }) {
  return (
    <DataTable
      caption="Keys"
      rows={rows}
      rowKey={(key) => key.key_id}
      columns={[
        { name: "Key", kind: "nowrap", cell: (key) => <span className="mono">{key.key_id}</span> },
        { name: "Person", cell: (key) => key.person },
        { name: "Role", cell: (key) => key.role },
        { name: "Name", kind: "wrap", cell: (key) => key.name },
        {
          name: "Last used",
          cell: (key) => (key.last_used_at === null ? "never" : <TimeText at={key.last_used_at} />),
        },
        { name: "Expires", cell: (key) => <End of={key} /> },
        { name: "Created by", cell: (key) => key.created_by },
        {
          name: "Action",
          cell: (key) =>
            key.state === "usable" && (
              <Button
                size="compact-sm"
                aria-label={`Revoke ${key.key_id} of ${key.person}`}
                onClick={() => onAct(createRevocation(key))}
              >
                Revoke
              </Button>
            ),
        },
      ]}
    />
  );
}

function End({ of: key }: { of: ApiKey }) {
  if (key.revoked_at !== null) {
    return (
      <>
        revoked by {key.revoked_by}, <TimeText at={key.revoked_at} />
      </>
    );
  }
  if (key.expires_at === null) return "never";
  return (
    <>
      {key.state === "expired" && "expired "}
      <TimeText at={key.expires_at} />
    </>
  );
}

function createRevocation(key: ApiKey): Act {
  return {
    title: `Revoke ${key.key_id}?`,
    text: `The key "${key.name}" of ${key.person} (${key.role}) stops working immediately, and its sessions end. ${
      key.role === "agent" ? "The agent keeps its reports in memory until it has another key. " : ""
    }This cannot be undone.`,
    confirm: "Revoke key",
    cancel: "Cancel",
    focus: "cancel",
    reason: "none",
    run: () => callApi("POST", `/v1/keys/${encodeURIComponent(key.key_id)}/revocation`),
  };
}

function Sessions({ own, onAct }: { own: string | null; onAct: (act: Act) => void }) {
  const sessions = useQuery(sessionsQuery);
  return (
    <Section id="sessions" title="Sessions">
      <Region name="Sessions" query={sessions}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>No sessions.</Empty>
          ) : (
            <DataTable
              caption="Sessions"
              rows={rows}
              rowKey={(one) => one.session_id}
              columns={[
                { name: "Person", cell: (one) => one.person },
                { name: "Role", cell: (one) => one.role },
                { name: "Key", kind: "nowrap", cell: (one) => <span className="mono">{one.key_id}</span> },
                { name: "Since", cell: (one) => <TimeText at={one.started_at} /> },
                { name: "Last seen", cell: (one) => <TimeText at={one.last_seen_at} /> },
                { name: "Browser", kind: "wrap", cell: (one) => one.user_agent },
                {
                  name: "Action",
                  cell: (one) =>
                    one.session_id === own ? (
                      "this session"
                    ) : (
                      <Button
                        size="compact-sm"
                        aria-label={`End the session ${one.session_id} of ${one.person}`}
                        onClick={() => onAct(createSessionEnd(one))}
                      >
                        End
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Region>
    </Section>
  );
}

function createSessionEnd(one: Session): Act {
  return {
    title: `End the session of ${one.person}?`,
    text: "Its browser has to sign in again. The key remains valid.",
    confirm: "End session",
    cancel: "Cancel",
    focus: "cancel",
    reason: "none",
    run: () => callApi("DELETE", `/v1/sessions/${encodeURIComponent(one.session_id)}`),
  };
}
