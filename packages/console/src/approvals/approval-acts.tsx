import { Button, Group, Stack, Textarea } from "@mantine/core";
import type { AppliedApproval, Approval, SettingDocument } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { settingsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { type Act, useActDialog } from "../parts/act-dialog.tsx";
import { Form } from "../parts/form.tsx";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";

/** Actions on an approval: approve or reject, then start. An action that the person may not take shows why. */
export function ApprovalActs({ approval }: { approval: Approval }) {
  const { session, missing } = usePermission();
  const { data: settings } = useQuery(settingsQuery);
  const [rationale, setRationale] = useState("");
  const { ask, dialog } = useActDialog();
  const decide = useMutation({
    mutationFn: ({ kind, body }: { kind: string; body: object }) =>
      callApi<Approval | AppliedApproval>(
        "POST",
        `/v1/approvals/${encodeURIComponent(approval.id)}/${kind}`,
        { body },
      ),
    onSettled: () => queryClient.invalidateQueries(),
  });
  if (approval.status !== "pending" && approval.status !== "approved") return null;

  if (approval.status === "approved") {
    const blocked = missing("release");
    return (
      <Stack style={{ width: "100%" }}>
        <Group>
          <Button
            variant="filled"
            disabled={blocked !== null}
            loading={decide.isPending}
            onClick={() => decide.mutate({ kind: "application", body: {} })}
          >
            Start at {firstStage(settings, approval.agent)} %
          </Button>
          <Button disabled={missing("override") !== null} onClick={() => ask(fullDeployment(approval))}>
            Deploy to 100 %
          </Button>
          {blocked !== null && <span>{blocked}</span>}
        </Group>
        {decide.isError && <Problem what="Not started" error={decide.error} />}
        {dialog}
      </Stack>
    );
  }

  const proposedByMe = session?.actor.name === approval.proposer;
  const fourEyes = isFourEyes(settings, approval.agent);
  const editedByMe = session !== undefined && approval.edited_by.includes(session.actor.name);
  const did = proposedByMe ? "proposed" : editedByMe ? "edited" : null;
  const mine = did !== null && fourEyes ? `You ${did} this bundle. Someone else must approve it.` : null;
  const missingRight = missing("approve");
  const blocked = missingRight ?? mine;
  return (
    <Form
      narrow
      onSubmit={(event) => {
        event.preventDefault();
        decide.mutate({
          kind: "approval",
          body: { rationale: rationale.trim(), bundle_digest: approval.bundle_digest },
        });
      }}
    >
      <Textarea
        label="Rationale"
        description="Stored with the approval and in the audit log."
        value={rationale}
        onChange={(event) => setRationale(event.currentTarget.value)}
        maxLength={10_000}
      />
      <Group>
        <Button type="submit" variant="filled" disabled={blocked !== null} loading={decide.isPending}>
          Approve
        </Button>
        <Button
          disabled={missingRight !== null}
          onClick={() => decide.mutate({ kind: "rejection", body: { rationale: rationale.trim() } })}
        >
          Reject
        </Button>
        {mine !== null && missing("override") === null && (
          <Button variant="subtle" onClick={() => ask(breakGlass(approval))}>
            Break glass
          </Button>
        )}
      </Group>
      {blocked !== null && <p>{blocked}</p>}
      {decide.isError && <Problem what="Not decided" error={decide.error} />}
      {dialog}
    </Form>
  );
}

const fullDeployment = (approval: Approval): Act => ({
  title: `Deploy ${approval.bundle_id} to 100 % without a canary?`,
  text: `The guard will have nothing to compare with. Type ${approval.agent} to confirm.`,
  confirm: "Deploy to 100 %",
  cancel: "Cancel",
  focus: "cancel",
  reason: "none",
  typed: approval.agent,
  run: () =>
    callApi("POST", `/v1/approvals/${encodeURIComponent(approval.id)}/application`, { body: { full: true } }),
});

const breakGlass = (approval: Approval): Act => ({
  title: "Break glass: approve without a second person?",
  text: "Admins are notified, and someone else must review this afterwards. Type break glass to confirm.",
  confirm: "Approve without review",
  cancel: "Cancel",
  focus: "cancel",
  reason: "required",
  typed: "break glass",
  run: (reason) =>
    callApi("POST", `/v1/approvals/${encodeURIComponent(approval.id)}/approval`, {
      body: { rationale: reason, break_glass: true, bundle_digest: approval.bundle_digest },
    }),
});

function findPolicy(settings: readonly SettingDocument[] | undefined, agent: string) {
  return settings?.find((setting) => setting.key === `rollout_policy.${agent}`)?.value as
    | { four_eyes?: boolean; stages?: readonly number[] }
    | undefined;
}

function isFourEyes(settings: readonly SettingDocument[] | undefined, agent: string): boolean {
  return (
    findPolicy(settings, agent)?.four_eyes ??
    settings?.find((setting) => setting.key === "four_eyes")?.value !== false
  );
}

function firstStage(settings: readonly SettingDocument[] | undefined, agent: string): number {
  return findPolicy(settings, agent)?.stages?.[0] ?? 10;
}
