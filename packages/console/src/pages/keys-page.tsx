import { Button, Checkbox } from "@mantine/core";
import type { ApiKey, Session } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keysQuery, sessionsQuery } from "../access/access-documents.ts";
import { NewKey } from "../access/new-key.tsx";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { type Act, ConfirmAct } from "../parts/confirm-act.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { TimeText } from "../parts/time-text.tsx";

/** Keys of people and agents, and who is signed in. */
export function KeysPage() {
  const { session, missing } = usePermission();
  const blocked = missing("manage_keys");
  const [act, setAct] = useState<Act | null>(null);
  return (
    <Page title="Settings" part="Keys" actions={<NewKey session={session} blocked={blocked} />}>
      <SettingsTabs />
      {session !== undefined && blocked === null && <Keys onAct={setAct} />}
      {session !== undefined && !session.open && <Sessions own={session.session_id} onAct={setAct} />}
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

function Keys({ onAct }: { onAct: (act: Act) => void }) {
  const keys = useQuery(keysQuery);
  const [all, setAll] = useState(false);
  return (
    <section className="stack" aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <Region name="Keys" query={keys}>
        {(rows) => {
          const ended = rows.filter((key) => key.state !== "usable").length;
          if (rows.length === 0) {
            return (
              <Empty>
                No keys. Make one before others connect: here, or with{" "}
                <code>relearn keys create --role admin</code>.
              </Empty>
            );
          }
          return (
            <>
              {ended > 0 && (
                <Checkbox
                  label={`Show ${ended} that ended or were revoked`}
                  checked={all}
                  onChange={(event) => setAll(event.currentTarget.checked)}
                />
              )}
              <KeyTable rows={all ? rows : rows.filter((key) => key.state === "usable")} onAct={onAct} />
            </>
          );
        }}
      </Region>
    </section>
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
        { name: "Ends", cell: (key) => <End of={key} /> },
        { name: "Made by", cell: (key) => key.created_by },
        {
          name: "Act",
          cell: (key) =>
            key.state === "usable" && (
              <Button
                size="compact-sm"
                aria-label={`Revoke ${key.key_id} of ${key.person}`}
                onClick={() => onAct(revocationOf(key))}
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
      {key.state === "expired" && "ended "}
      <TimeText at={key.expires_at} />
    </>
  );
}

function revocationOf(key: ApiKey): Act {
  return {
    title: `Revoke ${key.key_id}?`,
    text: `The key "${key.name}" of ${key.person} (${key.role}) is refused from now on, and its sessions end. ${
      key.role === "agent" ? "What the agent reports waits in its process until it has another key. " : ""
    }It cannot be brought back.`,
    confirm: "Revoke the key",
    cancel: "Keep it",
    focus: "cancel",
    reason: "none",
    run: () => callApi("POST", `/v1/keys/${encodeURIComponent(key.key_id)}/revocation`),
  };
}

function Sessions({ own, onAct }: { own: string | null; onAct: (act: Act) => void }) {
  const sessions = useQuery(sessionsQuery);
  return (
    <section className="stack" aria-labelledby="sessions">
      <h2 id="sessions">Signed in</h2>
      <Region name="Sessions" query={sessions}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>Nobody is signed in here.</Empty>
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
                  name: "Act",
                  cell: (one) =>
                    one.session_id === own ? (
                      "this one"
                    ) : (
                      <Button
                        size="compact-sm"
                        aria-label={`End the session ${one.session_id} of ${one.person}`}
                        onClick={() => onAct(endOf(one))}
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
    </section>
  );
}

function endOf(one: Session): Act {
  return {
    title: `End the session of ${one.person}?`,
    text: "Its browser has to sign in again. The key stays as it is.",
    confirm: "End the session",
    cancel: "Keep it",
    focus: "cancel",
    reason: "none",
    run: () => callApi("DELETE", `/v1/sessions/${encodeURIComponent(one.session_id)}`),
  };
}
