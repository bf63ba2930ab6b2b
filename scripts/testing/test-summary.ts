/** Result of a file in a project (`unit`, `embedded`, `server`, …). */
export interface TestFileResult {
  project: string;
  file: string;
  /** False also if the file does not load or a hook throws. */
  ok: boolean;
  passed: number;
  /** Names of the failed tests. */
  failed: string[];
  /** Names of the skipped tests, with the reason if the test gives one. */
  skipped: string[];
}

/** Result of a run of vitest, as `counting-reporter.ts` writes it. */
export interface TestRunResult {
  /** False if the run was interrupted. */
  complete: boolean;
  /** Errors outside any test; each one fails the run. */
  unhandledErrors: number;
  files: TestFileResult[];
}

export interface TestOutcome {
  /** Steps before the tests (types, lint), and projects that were unavailable in CI; a failed step is a failure. */
  steps: readonly { name: string; ok: boolean }[];
  /** Undefined if vitest ended without a report. */
  run: TestRunResult | undefined;
  vitestExitCode: number;
  /** Files that could not run, with the reason; each counts as one skipped test. */
  skippedFiles: readonly { project: string; file: string; reason: string }[];
}

export interface TestSummary {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
  /** One line for each project, skipped test and failure. */
  lines: string[];
}

/**
 * Computes the totals. Everything that makes the command fail counts as a failure, so zero failures and exit code 0
 * mean the same. A run without tests is a failure.
 */
export function summarizeTests({ steps, run, vitestExitCode, skippedFiles }: TestOutcome): TestSummary {
  const files = run?.files ?? [];
  const failures: string[] = [];
  for (const step of steps) if (!step.ok) failures.push(step.name);
  for (const file of files) {
    for (const name of file.failed) failures.push(`${file.project}: ${file.file} > ${name}`);
    if (!file.ok && file.failed.length === 0) {
      failures.push(`${file.project}: ${file.file} (the file does not load, or a hook failed)`);
    }
  }
  const passed = sum(files, (file) => file.passed);
  const skipped = sum(files, (file) => file.skipped.length) + skippedFiles.length;
  const unhandledErrors = run?.unhandledErrors ?? 0;
  for (let i = 0; i < unhandledErrors; i++) failures.push("an error outside any test");
  if (run === undefined) failures.push(`vitest ended without a report (exit code ${vitestExitCode})`);
  else if (!run.complete) failures.push("the tests were interrupted");
  else if (passed === 0 && failures.length === 0) failures.push("no test ran");
  else if (vitestExitCode !== 0 && failures.length === 0) {
    failures.push(`vitest ended with exit code ${vitestExitCode}, though no test failed`);
  }
  return {
    passed,
    failed: failures.length,
    skipped,
    failures,
    lines: [
      ...projectLines(files),
      ...files.flatMap(({ project, file, skipped }) =>
        skipped.map((name) => `skipped ${project}: ${file} > ${name}`),
      ),
      ...skippedFiles.map(({ project, file, reason }) => `skipped ${project}: ${file}: ${reason}`),
      ...failures.map((failure) => `FAILED ${failure}`),
    ],
  };
}

/** Formats the last line of the test command, which CI reads. */
export function formatCounts({
  passed,
  failed,
  skipped,
}: Pick<TestSummary, "passed" | "failed" | "skipped">): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function projectLines(files: readonly TestFileResult[]): string[] {
  const projects = [...new Set(files.map((file) => file.project))].sort();
  return projects.map((project) => {
    const own = files.filter((file) => file.project === project);
    const counts = {
      passed: sum(own, (file) => file.passed),
      failed: sum(own, (file) => Math.max(file.failed.length, file.ok ? 0 : 1)),
      skipped: sum(own, (file) => file.skipped.length),
    };
    return `${project}: ${formatCounts(counts)} in ${own.length} ${own.length === 1 ? "file" : "files"}`;
  });
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
