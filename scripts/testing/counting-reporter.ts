import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { SerializedError } from "vitest";
import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";
import type { TestFileResult, TestRunResult } from "./test-summary.ts";

/**
 * Writes the result of a run as JSON to the file in RELEARN_TEST_REPORT. Vitest's JSON reporter has neither the project
 * of a file nor the errors outside tests.
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
    // A file also fails if it does not load or a hook throws.
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
    // Remains if a worker ends early.
    else result.failed.push(`${test.fullName} (did not finish)`);
  }
  return result;
}
