import { Button, Textarea } from "@mantine/core";
import type { AppliedApproval, Approval, SettingDocument } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { settingsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { type Act, ConfirmAct } from "../parts/confirm-act.tsx";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";

/** Approve or reject, then start; disabled with the reason where it is not this person's to do. */
export function ApprovalActs({ approval }: { approval: Approval }) {
  const { session, missing } = usePermission();
  const { data: settings } = useQuery(settingsQuery);
  const [rationale, setRationale] = useState("");
  const [act, setAct] = useState<Act | null>(null);
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
      <div className="stack" style={{ width: "100%" }}>
        <div className="row">
          <Button
            variant="filled"
            disabled={blocked !== null}
            loading={decide.isPending}
            onClick={() => decide.mutate({ kind: "application", body: {} })}
          >
            Start at {firstStage(settings, approval.agent)} %
          </Button>
          <Button disabled={missing("override") !== null} onClick={() => setAct(fullDeployment(approval))}>
            Deploy to 100 %
          </Button>
          {blocked !== null && <span>{blocked}</span>}
        </div>
        {decide.isError && <Problem what="Not started" error={decide.error} />}
        <ConfirmAct
          act={act}
          onClose={() => setAct(null)}
          onDone={() => {
            setAct(null);
            void queryClient.invalidateQueries();
          }}
        />
      </div>
    );
  }

  const proposedByMe = session?.actor.name === approval.proposer;
  const fourEyes = isFourEyes(settings, approval.agent);
  const editedByMe = session !== undefined && approval.edited_by.includes(session.actor.name);
  const did = proposedByMe ? "proposed" : editedByMe ? "put" : null;
  const mine =
    did !== null && fourEyes
      ? `You ${did} this bundle${did === "put" ? " into the request" : ""}. Someone else must approve it.`
      : null;
  const missingRight = missing("approve");
  const blocked = missingRight ?? mine;
  return (
    <form
      className="stack form"
      style={{ width: "100%" }}
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
        description="Kept with the approval, in the audit."
        value={rationale}
        onChange={(event) => setRationale(event.currentTarget.value)}
        maxLength={10_000}
      />
      <div className="row">
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
          <Button variant="subtle" onClick={() => setAct(breakGlass(approval))}>
            Break glass
          </Button>
        )}
      </div>
      {blocked !== null && <p>{blocked}</p>}
      {decide.isError && <Problem what="Not decided" error={decide.error} />}
      <ConfirmAct
        act={act}
        onClose={() => setAct(null)}
        onDone={() => {
          setAct(null);
          void queryClient.invalidateQueries();
        }}
      />
    </form>
  );
}

const fullDeployment = (approval: Approval): Act => ({
  title: `Give ${approval.bundle_id} 100 % without a canary?`,
  text: `The guard will have nothing to compare. Type ${approval.agent}.`,
  confirm: "Deploy to 100 %",
  cancel: "Cancel",
  focus: "cancel",
  reason: "none",
  typed: approval.agent,
  run: () =>
    callApi("POST", `/v1/approvals/${encodeURIComponent(approval.id)}/application`, { body: { full: true } }),
});

const breakGlass = (approval: Approval): Act => ({
  title: "Break glass: approve alone?",
  text: "Admins are told now; a review of this act opens. Type break glass.",
  confirm: "Approve alone",
  cancel: "Cancel",
  focus: "cancel",
  reason: "required",
  typed: "break glass",
  run: (reason) =>
    callApi("POST", `/v1/approvals/${encodeURIComponent(approval.id)}/approval`, {
      body: { rationale: reason, break_glass: true, bundle_digest: approval.bundle_digest },
    }),
});

function policyOf(settings: readonly SettingDocument[] | undefined, agent: string) {
  return settings?.find((setting) => setting.key === `rollout_policy.${agent}`)?.value as
    | { four_eyes?: boolean; stages?: readonly number[] }
    | undefined;
}

function isFourEyes(settings: readonly SettingDocument[] | undefined, agent: string): boolean {
  return (
    policyOf(settings, agent)?.four_eyes ??
    settings?.find((setting) => setting.key === "four_eyes")?.value !== false
  );
}

function firstStage(settings: readonly SettingDocument[] | undefined, agent: string): number {
  return policyOf(settings, agent)?.stages?.[0] ?? 10;
}
