/**
 * Cost of a canary analysis over very many units.
 *
 *     npm run bench -- guard-analysis [server] [embedded] [--units 1000000] [--hours 168]
 *
 * A rollout of inbox_triage with a canary of 10 %, then 50 %. In each stage that many units are exposed over that many
 * hours, each with one outcome. Measured at 10 % with new units and at 50 % with the same units again: the first
 * analysis of all units at once, as after an outage; analyses with one more hour of traffic; one without new data. The
 * server is that of RELEARN_TEST_DATABASE_URL, or a temporary one. Prints wall-clock time and, for busy machines, the
 * processor time of this process and of the server's sessions.
 */
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { HOUR_MS, ManualClock } from "../../server/src/clock.ts";
import { openInstallation } from "../../server/src/compose.ts";
import type { DatabaseLocation } from "../../server/src/config.ts";
import { activeBundle, approvedBundle, type TimedInstallation } from "../../server/src/test/traffic.ts";
import { measureTime, runOnEngines } from "./on-engines.ts";

const { values, positionals } = parseArgs({
  options: { units: { type: "string", default: "1000000" }, hours: { type: "string", default: "168" } },
  allowPositionals: true,
});
const units = Number(values.units);
const hours = Number(values.hours);

console.log(`node ${process.version}; ${units} units a stage over ${hours} h`);
await runOnEngines(positionals, benchAnalyses);

async function benchAnalyses(location: DatabaseLocation): Promise<void> {
  const clock = new ManualClock(new Date("2026-03-02T12:00:00Z"));
  const relearn = { ...(await openInstallation(location, { clock })), clock };
  try {
    // Prevent a decision for any outcome: an analysis that changes the rollout would end the stage.
    const policy = { undecided_hours: 8760, check_interval_hours: 8760 };
    await relearn.settings.set("rollout_policy.inbox_triage", policy, { actor: "ana" });
    await activeBundle(relearn, 1);
    clock.advance(HOUR_MS);
    const { approvalId } = await approvedBundle(relearn, 2);
    await relearn.approvals.apply(approvalId, { actor: "ben" });
    for (const percent of [10, 50]) {
      if (percent === 50) {
        await relearn.guard.promoteCanary("inbox_triage", { reason: "Benchmark.", actor: "ana" });
      }
      const hourly = Math.round(units / hours);
      await addTraffic(relearn, 0, units, hours);
      await time(relearn, `${percent} %: first analysis, ${units} units at once`);
      for (let hour = 0; hour < 3; hour++) {
        await addTraffic(relearn, units + hour * hourly, hourly, 1);
        await time(relearn, `${percent} %: one more hour, ${hourly} units`);
      }
      await time(relearn, `${percent} %: no new data`);
    }
  } finally {
    await relearn.close();
  }
}

/** Adds units from `first` on, exposed evenly over the hours, each with an outcome a minute later; then closes their windows. */
async function addTraffic(
  { clock, rollouts, database }: TimedInstallation,
  first: number,
  count: number,
  spanHours: number,
): Promise<void> {
  const { rollout_id, generation, canary_basis_points } = await rollouts.release("inbox_triage");
  const start = clock.now();
  const at = sql`${start}::timestamptz + (i - ${first}::bigint) * ${(spanHours * HOUR_MS) / count}::float8 * interval '1 millisecond'`;
  // 7919 and 10,000 have no common divisor: every share is exact, and a larger share contains the smaller.
  const arm = sql`case when i * 7919 % 10000 < ${canary_basis_points} then 'canary' else 'active' end`;
  const numbers = sql`generate_series(${first}::bigint, ${first + count - 1}::bigint) i`;
  await sql`
    insert into exposures (unit_id, rollout_id, basis_points, agent, arm, generation, first_at, last_at, received_at)
    select 'user-' || md5(i::text), ${rollout_id}, ${canary_basis_points}::int, 'inbox_triage', ${arm}, ${generation}::bigint, ${at}, ${at}, ${at}
      from ${numbers}`.execute(database.kysely);
  const stage = String(canary_basis_points);
  await sql`
    insert into outcomes (unit_id, rollout_id, outcome_id, agent, arm, quality, latency_ms, success, occurred_at, received_at)
    select 'user-' || md5(i::text), ${rollout_id}, ${stage} || '-' || i, 'inbox_triage', ${arm},
           (i * 48271 % 100 < 80)::int, 150 + i * 16807 % 200, true, ${at} + interval '1 minute', ${at} + interval '1 minute'
      from ${numbers}`.execute(database.kysely);
  if (count === units) {
    await sql`analyze exposures`.execute(database.kysely);
    await sql`analyze outcomes`.execute(database.kysely);
  }
  clock.advance(spanHours * HOUR_MS + HOUR_MS);
}

async function time(relearn: TimedInstallation, name: string): Promise<void> {
  const { result, duration } = await measureTime(relearn.database, () =>
    relearn.guard.analyze("inbox_triage"),
  );
  const { code, units: seen } = result.verdict;
  console.log(`  ${name}: ${duration} (${code}, ${seen.stage_canary + seen.stage_active} units so far)`);
}
