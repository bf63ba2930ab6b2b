import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { simulatePanel } from "../judges/simulated-panel.fixture.ts";
import { seededRandom } from "../numerics/random.ts";
import { runCommandLine } from "./program.ts";

let folder: string;
let output: string;
let errors: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relearn-judges-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  output = "";
  errors = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const file = (name: string, lines: readonly unknown[]): string => {
  const path = join(folder, name);
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  writeFileSync(path, `${texts.join("\n")}\n`);
  return path;
};
const line = (task: string, label: string | null, verdicts: Record<string, string>, created_at?: string) => ({
  task_key: task,
  label,
  ...(created_at === undefined ? {} : { created_at }),
  judge_scores: Object.fromEntries(
    Object.entries(verdicts).map(([judge, verdict]) => [judge, { verdict, confidence: 100 }]),
  ),
});
const simulated = simulatePanel({
  kind: "independent",
  judges: 3,
  rows: 80,
  balance: 0.6,
  random: seededRandom(3),
}).map((task, index) => ({ ...task, task_key: `t${index}` }));

describe("relearn judges evaluate", () => {
  it("gives cards and figures of every method as JSON, the same for the same seed", async () => {
    const path = file("panel.jsonl", simulated);
    const run = async () => {
      output = "";
      const argv = [
        "judges",
        "evaluate",
        path,
        "--labels",
        "10,25,500",
        "--splits",
        "4",
        "--seed",
        "7",
        "--json",
      ];
      expect(await runCommandLine(argv)).toBe(0);
      return JSON.parse(output);
    };
    const first = await run();
    expect(Object.keys(first.methods).sort()).toEqual(
      ["best_judge", "chosen", "majority", "specification", "stacking", "two_coin"].sort(),
    );
    for (const byCount of Object.values<Record<string, unknown>>(first.methods)) {
      expect(Object.keys(byCount)).toEqual(["10", "25"]);
      expect(byCount["10"]).toMatchObject({
        accuracy: expect.any(Number),
        log_loss: expect.any(Number),
        brier: expect.any(Number),
        calibration_error: expect.any(Number),
      });
    }
    expect(Object.keys(first.judges)).toEqual(["judge-0", "judge-1", "judge-2"]);
    // A file without times says nothing of when.
    expect(first.judges["judge-0"]).toMatchObject({ labels: 80, last_evidence: null, days: {}, drift: null });
    expect(first.labels_left_out).toEqual([500]);
    expect(errors).toContain(
      "Skipped: 500 labels (--labels). Half of the file's 80 groups have at most 40 labeled lines to fit on.",
    );
    expect(await run()).toEqual(first);
  });

  it("prints tables for people", async () => {
    const path = file("panel.jsonl", simulated);
    expect(await runCommandLine(["judges", "evaluate", path, "--labels", "10", "--splits", "2"])).toBe(0);
    expect(output).toMatch(/judge-0 +80/);
    expect(output).toMatch(/chosen +0\.\d{3} \/ 0\.\d{3}/);
  });

  it("reports bad lines by number and reason and keeps the good", async () => {
    const path = file("mixed.jsonl", [
      `\uFEFF${JSON.stringify(simulated[0])}`,
      "{not json",
      "",
      { task_key: "x", judge_scores: { j: { verdict: "a", confidence: 101 } } },
      { task_key: "", judge_scores: {} },
      { ...simulated[1], created_at: "yesterday" },
      ...simulated.slice(2),
    ]);
    const argv = ["judges", "evaluate", path, "--labels", "10", "--splits", "1", "--json"];
    expect(await runCommandLine(argv)).toBe(0);
    const { bad_lines, rows } = JSON.parse(output);
    expect(rows).toBe(79);
    expect(bad_lines.map((bad: { line: number }) => bad.line)).toEqual([2, 4, 5, 6]);
    expect(errors).toContain("line 4 skipped: judge_scores.j.confidence is 101; it must be");
    expect(errors).toContain('line 6 skipped: created_at is "yesterday"; it must be');
  });

  it.each([
    ["a file that does not exist", () => [join(folder, "absent.jsonl")], "Cannot read"],
    [
      "an empty file",
      () => [file("empty.jsonl", ["\uFEFF"])],
      "is empty. Accepted: one JSON object per line",
    ],
    ["no label", () => [file("unlabeled.jsonl", [line("t", null, { j: "a" })])], "has a label"],
    ["no judge", () => [file("nobody.jsonl", [line("t", "a", {})])], "names a judge"],
    ["only bad lines", () => [file("bad.jsonl", ["nonsense"])], "no usable line"],
    ["labels that are no number", () => [file("p.jsonl", simulated), "--labels", "10,x"], "--labels"],
    ["a class nobody names", () => [file("p.jsonl", simulated), "--positive", "z"], "--positive"],
  ])("refuses %s with what to do", async (_name, argv, message) => {
    expect(await runCommandLine(["judges", "evaluate", ...argv()])).toBe(2);
    expect(errors).toContain(message);
  });
});

describe("relearn judges evaluate on a file that says little", () => {
  const evaluate = async (name: string, lines: readonly unknown[]) => {
    output = "";
    errors = "";
    const argv = ["judges", "evaluate", file(name, lines), "--labels", "4", "--splits", "3"];
    expect(await runCommandLine(argv)).toBe(0);
    expect(output).not.toMatch(/NaN|undefined|Infinity/);
    return { text: output, errors };
  };
  const lines = (
    verdicts: Record<string, string>,
    label = (index: number): string => (index % 2 ? "a" : "b"),
  ) => Array.from({ length: 20 }, (_, index) => line(`t${index}`, label(index), verdicts));

  it("prints the cards alone where one group has all lines, and says why", async () => {
    const grouped = lines({ x: "a" }).map((one) => ({ ...one, group: "g" }));
    const { text, errors: said } = await evaluate("one-group.jsonl", grouped);
    expect(said).toContain("all 20 labeled lines are in one group");
    expect(text).toMatch(/^x +20/m);
    expect(text).not.toContain("Held-out");
  });

  it("keeps the lines of one task on one side of every split", async () => {
    const repeated = lines({ x: "a" }).map((one) => ({ ...one, task_key: "same" }));
    const { errors: said } = await evaluate("repeated.jsonl", repeated);
    expect(said).toContain("19 lines name a task of an earlier line");
    expect(said).toContain("No method can be evaluated");
  });

  it("has figures without NaN where every label is the same, and says that they say nothing", async () => {
    const { text, errors: said } = await evaluate(
      "one-class.jsonl",
      lines({ x: "a" }, () => "a"),
    );
    expect(said).toContain('Every label and verdict is "a"');
    expect(text).toMatch(/chosen +1\.000 \/ 0\.005/);
  });

  it("takes judges that gave no verdict, that nobody else knows, and members of an object's prototype", async () => {
    await evaluate("silent.jsonl", lines({ x: "" }));
    await evaluate("strange.jsonl", lines({ x: "zzz", toString: "a", constructor: "b" }));
    await evaluate(
      "prototype.jsonl",
      lines({ x: "constructor" }, (index) => (index % 2 ? "constructor" : "__proto__")),
    );
  });

  it("lets no name drive the terminal", async () => {
    const { text } = await evaluate("escape.jsonl", lines({ "x\u001b[2J": "a" }));
    expect(text).not.toContain("\u001b");
    expect(text).toContain("x\ufffd[2J");
  });
});

describe("relearn judges weights", () => {
  const lines = Array.from({ length: 10 }, (_, index) =>
    line(`t${index}`, "a", { good: "a", half: index < 5 ? "a" : "b", ...(index < 3 ? { rare: "a" } : {}) }),
  );

  it("prints the specification's weights as a flat map", async () => {
    expect(await runCommandLine(["judges", "weights", file("w.jsonl", lines), "--json"])).toBe(0);
    expect(JSON.parse(output)).toEqual({ good: 1, half: 0.25, rare: 0.5 });
  });

  it("counts from --as-of, and lets the minimum be lifted", async () => {
    const dated = lines.map((item, index) => ({
      ...item,
      created_at: index < 5 ? "2026-01-01T00:00:00Z" : "2026-03-01T00:00:00Z",
    }));
    const path = file("dated.jsonl", dated);
    const run = async (...argv: string[]) => {
      output = "";
      expect(await runCommandLine(["judges", "weights", path, "--json", ...argv])).toBe(0);
      return JSON.parse(output);
    };
    expect(await run("--as-of", "2026-01-02T00:00:00Z")).toEqual({ good: 1, half: 1, rare: 0.5 });
    expect(await run("--as-of", "2026-01-02T00:00:00Z", "--min-predictions", "0")).toMatchObject({ rare: 1 });
    expect(await run("--as-of", "2026-03-02T00:00:00Z")).toEqual({ good: 1, half: 0.1 });
    expect(await run("--as-of", "2027-01-01T00:00:00Z")).toHaveProperty("gpt-4", 0.8);
    expect(await runCommandLine(["judges", "weights", path, "--as-of", "soon"])).toBe(2);
  });

  it("are the defaults for an empty file", async () => {
    expect(await runCommandLine(["judges", "weights", file("empty.jsonl", []), "--json"])).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ "gpt-4": 0.8, "gpt-3.5-turbo": 0.6 });
  });
});

describe("relearn judges uncertainty", () => {
  it("prints one line an item in the file's order, with weights from a file", async () => {
    const path = file("u.jsonl", [
      line("split", null, { x: "a", y: "b" }),
      {
        task_key: "low",
        judge_scores: { x: { verdict: "a", confidence: 90 }, y: { verdict: "a", confidence: 20 } },
      },
      line("sure", "a", { x: "a", y: "a" }),
      { task_key: "nobody", judge_scores: {} },
    ]);
    const weights = join(folder, "weights.json");
    writeFileSync(weights, JSON.stringify({ x: 0.2, y: 0.8 }));
    expect(await runCommandLine(["judges", "uncertainty", path, "--weights", weights, "--json"])).toBe(0);
    const items = output
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(items).toEqual([
      { task_key: "split", uncertainty: 1, method: "disagreement" },
      { task_key: "low", uncertainty: 0.66, method: "low_confidence" },
      { task_key: "sure", uncertainty: 0, method: "weighted_variance" },
      { task_key: "nobody", uncertainty: 1, method: "no_judges" },
    ]);
  });

  it.each([["[1]"], ['{"x":"much"}'], ['{"x":-1}'], ["nonsense"]])(
    "refuses weights such as %s",
    async (text) => {
      const path = file("u.jsonl", [line("t", null, { x: "a" })]);
      const weights = join(folder, "bad-weights.json");
      writeFileSync(weights, text);
      expect(await runCommandLine(["judges", "uncertainty", path, "--weights", weights])).toBe(2);
      expect(errors).toContain("weights");
    },
  );
});
