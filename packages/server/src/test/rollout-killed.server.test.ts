import { expect, it } from "vitest";
import { composeInstallation } from "../compose.ts";
import { openServerDatabase } from "../db/server-database.ts";
import { expectOneTransitionOrNone, prepareWidening, rolloutSnapshot } from "./killed-rollout.ts";
import { testInstallation } from "./test-installation.ts";

// A process takes seconds to start: every second write here, every one where RELEARN_EVERY_WRITE is set.
const step = process.env["RELEARN_EVERY_WRITE"] === undefined ? 2 : 1;

it("one transition or none, killed (-9) at its writes and after its commit", {
  timeout: 300_000,
}, async () => {
  const relearn = await testInstallation();
  await prepareWidening(relearn);
  expect(await expectOneTransitionOrNone(relearn.databaseUrl!, relearn.clock.now(), step)).toBeGreaterThan(6);
});

it("two guards in two installations at once: one widens, once", { timeout: 120_000 }, async () => {
  const relearn = await testInstallation();
  await prepareWidening(relearn);
  const { generation, rows } = await rolloutSnapshot(relearn);
  const other = await composeInstallation(await openServerDatabase({ url: relearn.databaseUrl! }), {
    clock: relearn.clock,
  });
  try {
    const looks = await Promise.all(
      [relearn, other, relearn, other].map(({ guard }) => guard.look("inbox_triage")),
    );
    expect(looks.filter((look) => look.changed)).toHaveLength(1);
  } finally {
    await other.close();
  }
  const after = await rolloutSnapshot(relearn);
  expect(after).toMatchObject({ state: "full", generation: generation + 1, sound: true });
  // Whoever looked second saw the units that were scored already, and none twice.
  expect(after.rows).toMatchObject({
    rollout_receipts: rows["rollout_receipts"]! + 1,
    rollout_looks: 4,
    notifications: rows["notifications"]! + 1,
  });
});
