/**
 * `npm run soak`: runs the long tests (`*.soak.test.ts`), or repeats the files in REPEAT instead:
 * REPEAT=guard,rollout TIMES=50 npm run soak runs every test file with one of these words in its path 50 times and
 * reports how often each test failed. RELEARN_ROUND has the number of the round.
 */
import { fileURLToPath } from "node:url";
import { runVitest } from "./run-vitest.ts";
import { prepareTestEnvironment } from "./test-environment.ts";
import { formatCounts, summarizeTests } from "./test-summary.ts";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const repeat = (process.env["REPEAT"] ?? "").split(",").filter((word) => word !== "");
const times = Number(process.env["TIMES"] ?? 20);
if (!Number.isInteger(times) || times < 1) {
  throw new Error(`TIMES is ${process.env["TIMES"]}. Accepted: a whole number of at least 1`);
}

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => abort.abort(new Error(`stopped by ${signal}`)));
}

const environment = await prepareTestEnvironment([], abort.signal);
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = new Map<string, number>();

async function runOnce(args: readonly string[], variables: Record<string, string>): Promise<void> {
  const { exitCode, run } = await runVitest(
    ["run", ...args],
    { ...environment.variables, ...variables },
    abort.signal,
  );
  const summary = summarizeTests({ steps: [], run, vitestExitCode: exitCode, skippedFiles: [] });
  total.passed += summary.passed;
  total.failed += summary.failed;
  total.skipped += summary.skipped;
  for (const line of summary.lines.filter((text) => text.startsWith("FAILED "))) {
    failures.set(line, (failures.get(line) ?? 0) + 1);
  }
}

try {
  for (const { project, reason } of environment.missing) console.log(`Without ${project}: ${reason}`);
  if (repeat.length === 0) await runOnce(["--project", "soak"], { RELEARN_SOAK: "1" });
  for (let round = 1; repeat.length > 0 && round <= times && !abort.signal.aborted; round++) {
    console.log(`Round ${round} of ${times}`);
    await runOnce(repeat, { RELEARN_ROUND: String(round) });
  }
} finally {
  await environment.stop();
}
for (const [line, count] of failures) console.log(`${line}: ${count} times`);
if (abort.signal.aborted) console.log(`Stopped early: ${(abort.signal.reason as Error).message}`);
console.log(formatCounts(total));
process.exitCode = total.failed > 0 || total.passed === 0 || abort.signal.aborted ? 1 : 0;
