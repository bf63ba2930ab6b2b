import { sql } from "kysely";
import { expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { expectOnceDespiteKills, prepareProposal } from "./killed-once.ts";

// A process takes seconds to start: every second write here, every one where RELEARN_EVERY_WRITE is set.
const step = process.env["RELEARN_EVERY_WRITE"] === undefined ? 2 : 1;

it("a POST with a key is done once, killed (-9) at its writes and before its answer", {
  timeout: 300_000,
}, async () => {
  // The processes have the system's clock.
  const relearn = await testInstallation({ start: new Date() });
  const bundleId = await prepareProposal(relearn);
  const forgetHolder = async () => {
    await sql`
      update idempotency_keys set held_until = clock_timestamp() - interval '1 second' where done_at is null`.execute(
      relearn.database.kysely,
    );
  };
  expect(await expectOnceDespiteKills(relearn.databaseUrl!, bundleId, step, forgetHolder)).toBeGreaterThan(2);
});
