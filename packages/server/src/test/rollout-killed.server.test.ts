import { expect, it } from "vitest";
import { composeInstallation } from "../compose.ts";
import { openServerDatabase } from "../db/server-database.ts";
import { expectOneTransitionOrNone, prepareWidening, rolloutSnapshot } from "./killed-rollout.ts";
import { testInstallation } from "./test-installation.ts";

it("one transition or none, killed (-9) at each write of it and after its commit", {
  timeout: 300_000,
}, async () => {
  const relearn = await testInstallation();
  await prepareWidening(relearn);
  expect(await expectOneTransitionOrNone(relearn.databaseUrl!, relearn.clock.now(), 1)).toBeGreaterThan(12);
});

it("two guards in two installations at once: one widens, once", { timeout: 120_000 }, async () => {
  const relearn = await testInstallation();
  await prepareWidening(relearn);
  const { generation } = await rolloutSnapshot(relearn);
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
  expect(after.rows).toMatchObject({ rollout_receipts: 2, bundle_backups: 2, rollout_looks: 4 });
});
