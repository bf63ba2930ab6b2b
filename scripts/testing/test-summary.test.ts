import { describe, expect, it } from "vitest";
import { formatCounts, summarizeTests, type TestFileResult, type TestOutcome } from "./test-summary.ts";

const file = (result: Partial<TestFileResult>): TestFileResult => ({
  project: "unit",
  file: "a.test.ts",
  ok: true,
  passed: 0,
  failed: [],
  skipped: [],
  ...result,
});
const green = file({ passed: 3, skipped: ["spambase: no file"] });
const outcome = (
  result: { files?: TestFileResult[]; unhandledErrors?: number; complete?: boolean } & Partial<TestOutcome>,
): TestOutcome => ({
  steps: [
    { name: "typecheck", ok: true },
    { name: "lint", ok: true },
  ],
  run: {
    complete: result.complete ?? true,
    unhandledErrors: result.unhandledErrors ?? 0,
    files: result.files ?? [green],
  },
  vitestExitCode: 0,
  skippedFiles: [],
  ...("run" in result ? { run: result.run } : {}),
  ...(result.steps ? { steps: result.steps } : {}),
  ...(result.skippedFiles ? { skippedFiles: result.skippedFiles } : {}),
  ...(result.vitestExitCode === undefined ? {} : { vitestExitCode: result.vitestExitCode }),
});

describe("the summary of a test run", () => {
  it.each<[string, TestOutcome, string]>([
    [
      "adds up files and projects",
      outcome({ files: [green, file({ project: "server", passed: 4 })] }),
      "7 passed, 0 failed, 1 skipped",
    ],
    [
      "counts each failed test",
      outcome({ files: [green, file({ ok: false, passed: 1, failed: ["x", "y"] })], vitestExitCode: 1 }),
      "4 passed, 2 failed, 1 skipped",
    ],
    [
      "counts a file that does not load",
      outcome({ files: [green, file({ ok: false })], vitestExitCode: 1 }),
      "3 passed, 1 failed, 1 skipped",
    ],
    [
      "counts a failed hook whose tests were skipped",
      outcome({ files: [file({ ok: false, skipped: ["a", "b", "c", "d", "e"] })], vitestExitCode: 1 }),
      "0 passed, 1 failed, 5 skipped",
    ],
    [
      "counts errors outside any test",
      outcome({ unhandledErrors: 2, vitestExitCode: 1 }),
      "3 passed, 2 failed, 1 skipped",
    ],
    [
      "counts a failed step",
      outcome({ steps: [{ name: "lint", ok: false }] }),
      "3 passed, 1 failed, 1 skipped",
    ],
    [
      "counts an exit code that no failure explains",
      outcome({ vitestExitCode: 1 }),
      "3 passed, 1 failed, 1 skipped",
    ],
    [
      "counts a run without a report",
      outcome({ run: undefined, vitestExitCode: 137 }),
      "0 passed, 1 failed, 0 skipped",
    ],
    [
      "counts an interrupted run",
      outcome({ complete: false, vitestExitCode: 130 }),
      "3 passed, 1 failed, 1 skipped",
    ],
    ["counts a run of nothing", outcome({ files: [] }), "0 passed, 1 failed, 0 skipped"],
    [
      "counts a run of skips only",
      outcome({ files: [file({ skipped: ["a", "b"] })] }),
      "0 passed, 1 failed, 2 skipped",
    ],
    [
      "counts a skipped file",
      outcome({ skippedFiles: [{ project: "server", file: "b.test.ts", reason: "no server" }] }),
      "3 passed, 0 failed, 2 skipped",
    ],
  ])("%s", (_case, input, expected) => {
    expect(formatCounts(summarizeTests(input))).toBe(expected);
  });

  it("names what failed and what was skipped, with the reason", () => {
    const { lines } = summarizeTests(
      outcome({
        files: [green, file({ project: "embedded", file: "b.test.ts", ok: false, failed: ["feeds > load"] })],
        skippedFiles: [{ project: "server", file: "b.test.ts", reason: "no server" }],
        vitestExitCode: 1,
      }),
    );
    expect(lines).toEqual([
      "embedded: 0 passed, 1 failed, 0 skipped in 1 file",
      "unit: 3 passed, 0 failed, 1 skipped in 1 file",
      "skipped unit: a.test.ts > spambase: no file",
      "skipped server: b.test.ts: no server",
      "FAILED embedded: b.test.ts > feeds > load",
    ]);
  });
});
