/**
 * `npm test`: checks types and lint, then runs every test; tests of the database run on the embedded one and on a
 * server. Prints `N passed, N failed, N skipped` as the last line; the exit code is 0 if and only if nothing failed.
 *
 * If the shared data is on this machine, the unit tests that use it run a second time without it, as for a user who has
 * only this repository. Each test counts once: only failures of the second run count.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runToEnd, runVitest } from "./run-vitest.ts";
import { sharedDataFolder } from "./shared-data.ts";
import { prepareTestEnvironment } from "./test-environment.ts";
import { formatCounts, summarizeTests, type TestOutcome } from "./test-summary.ts";

// Limits a run in CI so that a test that hangs does not prevent the report. An idle machine with two cores needs less
// than half of it, but a shared machine may be slow.
const limitInCiMs = 40 * 60_000;

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const inCi = process.env["CI"] === "true";
const args = process.argv.slice(2);

const abort = new AbortController();
// Handles signals so that the database server is stopped and the counts are printed.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => abort.abort(new Error(`stopped by ${signal}`)));
}
if (inCi) setTimeout(() => abort.abort(new Error("it took longer than 40 minutes")), limitInCiMs).unref();

const steps: { name: string; ok: boolean }[] = [];
for (const script of ["typecheck", "lint"]) {
  const exitCode = await runToEnd("npm", ["run", "--silent", script], {}, abort.signal);
  if (abort.signal.aborted) break;
  steps.push({ name: script, ok: exitCode === 0 });
  console.log(`${script}: ${exitCode === 0 ? "ok" : `failed with exit code ${exitCode}`}`);
}

const environment = await prepareTestEnvironment(args, abort.signal);
const outcome: TestOutcome = await runVitest(["run", ...args], environment.variables, abort.signal)
  .then(({ exitCode, run }) => ({ steps, run, vitestExitCode: exitCode, skippedFiles: [] }))
  .finally(environment.stop);
steps.push(...(args.length === 0 && !abort.signal.aborted ? await testWithoutSharedData() : []));

const missing = environment.missing.flatMap(({ project, files, reason }) =>
  files.map((file) => ({ project, file, reason })),
);
const summary = summarizeTests({
  ...outcome,
  steps: [
    ...steps,
    ...(inCi
      ? missing.map(({ project, file, reason }) => ({ name: `${project}: ${file}: ${reason}`, ok: false }))
      : []),
    ...(abort.signal.aborted ? [{ name: (abort.signal.reason as Error).message, ok: false }] : []),
  ],
  skippedFiles: inCi ? [] : missing,
});
console.log(["", ...summary.lines, formatCounts(summary)].join("\n"));
process.exitCode = summary.failed === 0 ? 0 : 1;

/** Returns the failures of the second run as failed steps; none if the first run was without the data, too. */
async function testWithoutSharedData(): Promise<{ name: string; ok: boolean }[]> {
  if (!existsSync(sharedDataFolder)) return [];
  console.log("\nSecond run: the unit tests that use the shared data, now without it.");
  const { exitCode, run } = await runVitest(
    // Vitest finds the tests that import this file, directly or through other files.
    ["related", "--run", "--project=unit", "scripts/testing/shared-data.ts"],
    { RELEARN_SHARED_DATA: `${sharedDataFolder}-left-out` },
    abort.signal,
  );
  const summary = summarizeTests({ steps: [], run, vitestExitCode: exitCode, skippedFiles: [] });
  console.log(`Second run, of which only failures count below: ${formatCounts(summary)}`);
  return summary.failures.map((failure) => ({ name: `without the shared data: ${failure}`, ok: false }));
}
