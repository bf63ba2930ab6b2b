import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestRunResult } from "./test-summary.ts";

const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const countingReporter = fileURLToPath(new URL("./counting-reporter.ts", import.meta.url));

/**
 * Runs vitest in another process with its progress on the terminal, until it ends or the signal aborts. `args` begin
 * with vitest's command (`run`, `related`). Does not throw if tests fail.
 */
export async function runVitest(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<{ exitCode: number; run: TestRunResult | undefined }> {
  const folder = mkdtempSync(join(tmpdir(), "relearn-tests-"));
  // A server that a test starts runs as another user, who may enter the folder but not list it.
  chmodSync(folder, 0o711);
  const report = join(folder, "report.json");
  const ownReporter = args.some((arg) => arg.startsWith("--reporter")) ? [] : ["--reporter=default"];
  try {
    const exitCode = await runToEnd(
      process.execPath,
      // A reporter in `args` replaces the default one; the counting reporter is always used.
      [vitest, ...args, ...ownReporter, `--reporter=${countingReporter}`],
      // Temporary files are removed with this folder, also those of killed tests.
      { ...environment, RELEARN_TEST_REPORT: report, TMPDIR: folder },
      signal,
    );
    return { exitCode, run: readReport(report) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Time for vitest to end its workers and report; a worker in an endless loop never ends.
const goodbyeMs = 20_000;

/** Runs a program on this terminal; resolves to its exit code, or 1 if it was killed or did not start. */
export function runToEnd(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      stdio: "inherit",
      env: { ...process.env, ...environment },
      signal,
    });
    let lastResort: NodeJS.Timeout | undefined;
    child.on("error", (error) => {
      // After an abort, the exit event follows.
      if (error.name === "AbortError") {
        lastResort = setTimeout(() => child.kill("SIGKILL"), goodbyeMs);
        return;
      }
      console.error(`${program} did not start: ${error.message}`);
      done(1);
    });
    child.on("exit", (code) => {
      clearTimeout(lastResort);
      done(code ?? 1);
    });
  });
}

function readReport(file: string): TestRunResult | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TestRunResult;
  } catch {
    return undefined;
  }
}
