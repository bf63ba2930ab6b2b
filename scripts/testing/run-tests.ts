/**
 * `npm test`: types, lint, then every test, those of the database on the embedded one and on a server. Ends
 * with the line `N passed, N failed, N skipped`; exit code 0 if and only if nothing failed.
 */
import { fileURLToPath } from "node:url";
import { runToEnd, runVitest } from "./run-vitest.ts";
import { prepareTestEnvironment } from "./test-environment.ts";
import { formatCounts, summarizeTests, type TestOutcome } from "./test-summary.ts";

// A test that hangs must not take the counts of all others with it: CI cuts a job off without a word. Not a
// budget: two cores of a quiet machine need well under half of it, but a shared machine may be slow.
const limitInCiMs = 40 * 60_000;

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const inCi = process.env["CI"] === "true";
const args = process.argv.slice(2);

const abort = new AbortController();
// Caught so that the database server is stopped and the counts are written in any case.
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
const outcome: TestOutcome = await runVitest(args, environment.variables, abort.signal)
  .then(({ exitCode, run }) => ({ steps, run, vitestExitCode: exitCode, skippedFiles: [] }))
  .finally(environment.stop);

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
