/**
 * Time of a backtest over a week's payloads.
 *
 *     npm run bench -- backtest [server] [embedded] [--payloads 100000]
 *
 * Decides that many evaluation results of inbox_triage, one in ten labeled, with two bundles: reads them from the
 * database with their labels, decides, and explains twenty of the differences. The server is that of
 * RELEARN_TEST_DATABASE_URL, or a temporary one.
 */
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { BacktestService } from "../../server/src/bundles/backtest-service.ts";
import { ManualClock } from "../../server/src/clock.ts";
import { openInstallation } from "../../server/src/compose.ts";
import type { DatabaseLocation } from "../../server/src/config.ts";
import { trainedBundle } from "../../server/src/test/traffic.ts";
import { createLabelMapper } from "../../server/src/training/training-rows.ts";
import { measureTime, runOnEngines } from "./on-engines.ts";

const { values, positionals } = parseArgs({
  options: { payloads: { type: "string", default: "100000" } },
  allowPositionals: true,
});
const payloads = Number(values.payloads);

console.log(`node ${process.version}; ${payloads} payloads`);
await runOnEngines(positionals, benchBacktest);

async function benchBacktest(location: DatabaseLocation): Promise<void> {
  const clock = new ManualClock(new Date("2026-03-08T12:00:00Z"));
  const relearn = { ...(await openInstallation(location, { clock })), clock };
  const { database, agents, bundles } = relearn;
  try {
    const before = await bundles.get(await trainedBundle(relearn, 1));
    const after = await bundles.get(await trainedBundle(relearn, 2));
    await sql`
      insert into evaluation_results (task_key, agent, result_id, payload, judge_scores, created_at)
      select md5(i::text), 'inbox_triage', i::text,
             jsonb_build_object('risk_score', i * 7919 % 100, 'spf_fail', i % 3 = 0, 'dkim_fail', i % 5 = 0,
               'suspicious_keywords', to_jsonb(array_fill('x'::text, array[(i % 4)::int])), 'attachments', '[]'::jsonb,
               'sender_domain_age_days', i * 104729 % 4000, 'recipient_count', 1 + i % 6, 'subject', repeat('words ', 10)),
             '{}'::jsonb, ${clock.now()}::timestamptz - i * interval '6 seconds'
        from generate_series(1, ${payloads}::bigint) i`.execute(database.kysely);
    await sql`
      insert into labeled_examples (key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
      select task_key, agent, payload, case when result_id::bigint % 20 = 0 then 'quarantine' else 'safe' end, 'review', result_id, 100, created_at, created_at
        from evaluation_results where result_id::bigint % 10 = 0`.execute(database.kysely);
    const backtests = new BacktestService({ database, agents, clock, createLabelMapper });
    for (const round of ["first", "second"]) {
      const { result, duration } = await measureTime(database, () =>
        backtests.run("inbox_triage", before.bundle, after.bundle),
      );
      console.log(
        `  ${round}: ${duration} (${result.payloads} payloads, ${result.different} decided differently)`,
      );
    }
  } finally {
    await relearn.close();
  }
}
