import type { AgentStatus, LoopStatus } from "@relearn/contract";
import { expect, it } from "vitest";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { addExamples } from "../traffic.ts";

const agent = "inbox_triage";

async function findStatus(relearn: TestInstallation): Promise<AgentStatus> {
  const { agents } = await relearn.status.status({ isOpen: true });
  const found = agents.find((one) => one.agent === agent);
  if (found === undefined) throw new Error("The agent is missing.");
  return found;
}

it("tells of the loop at each step, and the command of the next", async () => {
  const relearn = await testInstallation();
  const { approvals, bundles, guard } = relearn;
  expect(await findStatus(relearn)).toEqual({
    agent,
    labels: { trainable: 0, last_7_days: 0 },
    newest_bundle: null,
    active_bundle_id: null,
    pending_approvals: [],
    approved: [],
    rollout: null,
    review_queue: { open: 0 },
    judges: { weighed: 0, updated_at: null },
    kill_switch: null,
    next: "relearn import gold FILE --agent inbox_triage",
  });
  await addExamples(relearn, 80);
  expect(await findStatus(relearn)).toMatchObject({
    labels: { trainable: 80, last_7_days: 80 },
    next: "relearn train inbox_triage",
  });

  const bundle = await bundles.create(agent, { actor: "ana" });
  expect(await findStatus(relearn)).toMatchObject({
    newest_bundle: {
      bundle_id: bundle.bundle_id,
      status: "pending",
      accuracy: bundle.evaluation.accuracy,
      baseline_accuracy: bundle.evaluation.baseline_accuracy,
    },
    next: `relearn bundles propose ${bundle.bundle_id}`,
  });
  const approval = await approvals.propose(agent, bundle.bundle_id, { proposer: "ana" });
  expect(await findStatus(relearn)).toMatchObject({
    pending_approvals: [approval],
    next: `relearn approvals show ${approval}`,
  });
  await approvals.approve(approval, { approver: "ben", rationale: "Reads well." });
  expect(await findStatus(relearn)).toMatchObject({
    pending_approvals: [],
    approved: [approval],
    next: `relearn bundles apply ${approval}`,
  });
  await approvals.apply(approval, { canaryPercent: 10, actor: "ben" });
  expect(await findStatus(relearn)).toMatchObject({
    approved: [],
    rollout: { state: "canary", percent: 10, recommendation: null },
    next: "relearn canary check inbox_triage",
  });
  await relearn.jobs.run("check_canaries", { actor: "ana" });
  expect(await findStatus(relearn)).toMatchObject({ rollout: { recommendation: "monitor" } });
  await guard.rollbackCanary(agent, { reason: "Enough seen.", actor: "ben" });
  expect(await findStatus(relearn)).toMatchObject({ rollout: null, next: "relearn sample inbox_triage" });
});

it("warns of what everybody should know", async () => {
  const relearn = await testInstallation();
  expect((await relearn.status.status({ isOpen: false })).warnings).toEqual([]);
  await relearn.settings.set("four_eyes", false, { actor: "ana" });
  await relearn.jobs.pause("guard", { actor: "ana", reason: "night" });
  await relearn.rollouts.setKillSwitch(agent, true, "It quarantines everything.", { actor: "ben" });
  const { warnings, jobs } = await relearn.as("ana").get<LoopStatus>("/v1/status");
  expect(jobs).toHaveLength(5);
  expect(warnings).toEqual([
    "The kill switch of inbox_triage was turned on by ben: It quarantines everything.",
    "guard is paused by ana: night",
    "Four-eyes approval is off: one person can propose and approve a bundle.",
    "There are no API keys: anyone with access to this machine has every right. Create one: relearn keys create --role admin.",
  ]);
  expect(await findStatus(relearn)).toMatchObject({
    kill_switch: { by: "ben" },
    next: "relearn canary kill-switch inbox_triage off --reason TEXT",
  });
});
