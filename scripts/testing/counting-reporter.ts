import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { SerializedError } from "vitest";
import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";
import type { TestFileResult, TestRunResult } from "./test-summary.ts";

/**
 * Writes what a run came to as JSON into the file named by RELEARN_TEST_REPORT. Vitest's own JSON reporter
 * tells neither the project of a file nor the errors that no test caught.
 */
export default class CountingReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const file = process.env["RELEARN_TEST_REPORT"];
    if (file === undefined) return;
    const result: TestRunResult = {
      complete: reason !== "interrupted",
      unhandledErrors: unhandledErrors.length,
      files: modules.map(fileResult),
    };
    writeFileSync(file, JSON.stringify(result));
  }
}

function fileResult(module: TestModule): TestFileResult {
  const result: TestFileResult = {
    project: module.project.name,
    file: relative(process.cwd(), module.moduleId),
    // Not only its tests: a file that does not load, and a hook that throws, fail too.
    ok: module.state() === "passed" || module.state() === "skipped",
    passed: 0,
    failed: [],
    skipped: [],
  };
  for (const test of module.children.allTests()) {
    const outcome = test.result();
    if (outcome.state === "passed") result.passed++;
    else if (outcome.state === "failed") result.failed.push(test.fullName);
    else if (outcome.state === "skipped") {
      result.skipped.push(outcome.note ? `${test.fullName}: ${outcome.note}` : test.fullName);
    }
    // Left over when a worker dies half-way.
    else result.failed.push(`${test.fullName} (did not finish)`);
  }
  return result;
}
