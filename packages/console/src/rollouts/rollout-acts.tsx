import { Button, Group, Menu, Stack } from "@mantine/core";
import type { Analysis, CanaryStatus, RolloutWithApproval } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount, formatNumber } from "../format/numbers.ts";
import { type Act, useActDialog } from "../parts/act-dialog.tsx";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";
import { describeFallback } from "../parts/rollout-words.ts";

interface RolloutActsProps {
  readonly stored: RolloutWithApproval;
  readonly status: CanaryStatus;
  readonly analysis: Analysis | null;
}

/** Actions on a running rollout: promote, pause or resume, roll back, kill switch. Each asks first. */
export function RolloutActs({ stored, status, analysis }: RolloutActsProps) {
  const { rollout } = stored;
  const { missing } = usePermission();
  const { ask, dialog } = useActDialog();
  const path = `/v1/agents/${encodeURIComponent(rollout.agent)}`;
  const fallback = describeFallback(rollout, status.release.last_known_good_bundle_id);
  const verdict = analysis?.verdict;
  const waiting = verdict?.gates.filter((gate) => gate.status !== "met").length ?? null;
  const nextStage = rollout.policy.stages[(rollout.stage ?? 0) + 1];
  const promote = useMutation({
    mutationFn: (reason: string) =>
      callApi("POST", `${path}/canary/promote`, { body: reason === "" ? {} : { reason } }),
    onSettled: () => queryClient.invalidateQueries(),
  });
  const mayRelease = missing("release");
  const mayRollBack = missing("roll_back");
  const mayResume = missing("approve");
  const stopped = rollout.state === "hold" || rollout.state === "ask";

  const rollBack: Act = {
    title: `Roll back ${rollout.agent}?`,
    text: `All traffic returns to ${fallback}, the last known-good bundle. ${rollout.state === "full" ? "" : `Canary ${rollout.bundle_id} (${rollout.percent} %) ends.`}`,
    confirm: `Roll back to ${fallback}`,
    cancel: "Keep canary",
    focus: "confirm",
    reason: "optional",
    run: (reason) => callApi("POST", `${path}/canary/rollback`, { body: reason === "" ? {} : { reason } }),
  };
  const promoteEarly: Act = {
    title: `Promote to ${nextStage} % with ${formatAmount(waiting ?? 0, "gate")} waiting?`,
    text: `The ${formatNumber(rollout.policy.alpha * 100)} % error bound no longer holds.`,
    confirm: "Promote anyway",
    cancel: "Wait",
    focus: "cancel",
    reason: "required",
    run: (reason) => callApi("POST", `${path}/canary/promote`, { body: { reason } }),
  };
  const pause: Act = {
    title: `Pause the rollout of ${rollout.bundle_id}?`,
    text: `It stays at ${rollout.percent} % until someone resumes it. The guard continues to analyze it.`,
    confirm: "Pause",
    cancel: "Cancel",
    focus: "confirm",
    reason: "required",
    run: (reason) => callApi("POST", `${path}/canary/pause`, { body: { reason } }),
  };
  const resume: Act = {
    title: `Resume the rollout of ${rollout.bundle_id}?`,
    text: `You accept the reason of the hold: ${rollout.reason?.text ?? ""}`,
    confirm: "Resume",
    cancel: "Cancel",
    focus: "cancel",
    reason: "required",
    run: (reason) => callApi("POST", `${path}/canary/resume`, { body: { reason } }),
  };
  const kill: Act = {
    title: `Give every unit ${status.release.active_bundle_id ?? "the agent's defaults"} now?`,
    text: "The rollout is rolled back. Unreachable clients keep their last configuration. The switch stays on until someone turns it off.",
    confirm: "Turn on kill switch",
    cancel: "Cancel",
    focus: "confirm",
    reason: "required",
    run: (reason) => callApi("PUT", `${path}/kill-switch`, { body: { on: true, reason } }),
  };

  const advisesRollback = verdict?.recommendation === "rollback";
  const promoteAtOnce = waiting === 0 && verdict?.recommendation === "promote";
  return (
    <Stack>
      <Group>
        {stopped ? (
          <Button
            variant={advisesRollback ? "default" : "filled"}
            disabled={mayResume !== null}
            onClick={() => ask(resume)}
          >
            Resume
          </Button>
        ) : (
          nextStage !== undefined && (
            <Button
              variant={promoteAtOnce ? "filled" : "default"}
              disabled={mayRelease !== null || (!promoteAtOnce && missing("override") !== null)}
              loading={promote.isPending}
              onClick={() => (promoteAtOnce ? promote.mutate("") : ask(promoteEarly))}
            >
              Promote to {nextStage} %
            </Button>
          )
        )}
        {!stopped && (
          <Button disabled={mayRollBack !== null} onClick={() => ask(pause)}>
            Pause
          </Button>
        )}
        <Button
          variant={advisesRollback ? "filled" : "default"}
          disabled={mayRollBack !== null}
          onClick={() => ask(rollBack)}
        >
          Roll back
        </Button>
        <Menu position="bottom-start">
          <Menu.Target>
            <Button variant="subtle">More</Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={mayRollBack !== null} onClick={() => ask(kill)}>
              Kill switch
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      {[mayRelease, mayRollBack]
        .filter((reason) => reason !== null)
        .slice(0, 1)
        .map((reason) => (
          <p key={reason}>{reason}</p>
        ))}
      {promote.isError && <Problem what="Not promoted" error={promote.error} />}
      {dialog}
    </Stack>
  );
}
