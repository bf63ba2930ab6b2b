/**
 * Speed of the trainer compared with scikit-learn, in alternating fits on one thread each.
 *
 *     npm run bench -- trainer [--quick] [--only NAME] [--kind logistic|tree] [--python /usr/bin/python3]
 *
 * A fit is timed from a row-major table in memory to the model; both sides include copying, standardising and sorting.
 * Times are processor time of the whole process, so that other load on the machine has no effect (for Relearn this
 * includes compiler and garbage collector threads). scikit-learn fits with its defaults: StandardScaler and
 * LogisticRegression(C=1) with lbfgs, which stops up to 1e-3 from the optimum; DecisionTreeClassifier(max_depth=5).
 * Prints medians over rounds after warm-up; the whole process is measured by wall-clock time. `--quick` leaves out the
 * tables of a million rows; `--only` selects the tables whose name contains NAME; `--kind` selects one kind of model.
 * If scikit-learn is missing, only the times of Relearn are printed.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { formatTable } from "../../server/src/cli/output.ts";
import { fitTree } from "../../server/src/numerics/decision-tree.ts";
import { columnsFromRowMajor } from "../../server/src/numerics/feature-columns.ts";
import { fitLogistic } from "../../server/src/numerics/logistic-regression.ts";
import { seededRandom } from "../../server/src/numerics/random.ts";

interface Case {
  readonly rows: number;
  readonly width: number;
  readonly classes: number;
  readonly kinds: readonly ("logistic" | "tree")[];
  readonly rounds: number;
  /** Number of fits in a round, so that a round is long enough to be timed. */
  readonly fits: number;
  readonly targets: readonly (number | null)[];
}

const cases: readonly Case[] = [
  { rows: 200, width: 7, classes: 2, kinds: ["logistic", "tree"], rounds: 21, fits: 50, targets: [8, 3] },
  {
    rows: 10_000,
    width: 7,
    classes: 2,
    kinds: ["logistic", "tree"],
    rounds: 21,
    fits: 2,
    targets: [1.5, 2.5],
  },
  {
    rows: 100_000,
    width: 7,
    classes: 2,
    kinds: ["logistic", "tree"],
    rounds: 11,
    fits: 1,
    targets: [1.5, 3],
  },
  {
    rows: 100_000,
    width: 57,
    classes: 2,
    kinds: ["logistic", "tree"],
    rounds: 5,
    fits: 1,
    targets: [null, null],
  },
  {
    rows: 1_000_000,
    width: 57,
    classes: 2,
    kinds: ["logistic", "tree"],
    rounds: 3,
    fits: 1,
    targets: [1.3, 4],
  },
  { rows: 1_000_000, width: 57, classes: 5, kinds: ["logistic"], rounds: 1, fits: 1, targets: [null] },
];

const WHOLE_PROCESS = "whole process, 200 x 7";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    kind: { type: "string", default: "" },
    python: { type: "string", default: "/usr/bin/python3" },
  },
});
const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
const folder = mkdtempSync(join(tmpdir(), "relearn-bench-"));
const hasSklearn = importsSklearn();
const lines: string[][] = [];
try {
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} cores, node ${process.version}${hasSklearn ? "" : "; scikit-learn is not installed"}`,
  );
  for (const one of cases) {
    if (options.quick && one.rows > 100_000) continue;
    if (describeCase(one).includes(options.only)) await run(one);
  }
  if (WHOLE_PROCESS.includes(options.only)) measureWholeProcess();
  console.log(
    formatTable(["table", "model", "Relearn ms", "scikit-learn ms", "ratio", "target"], lines, [
      "left",
      "left",
      "right",
      "right",
      "right",
      "right",
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(one: Case): Promise<void> {
  const { values, labels } = makeTable(one);
  const path = join(folder, "table.bin");
  writeFileSync(path, values);
  writeFileSync(path, labels, { flag: "a" });
  const python = hasSklearn ? startPython() : undefined;
  const version = await python?.ask({ load: { path, rows: one.rows, width: one.width } });
  if (version !== undefined && lines.length === 0) console.log(`scikit-learn ${String(version["version"])}`);
  for (const [at, kind] of one.kinds.entries()) {
    if (!kind.includes(options.kind)) continue;
    const ours: number[] = [];
    const theirs: number[] = [];
    // Warm-up rounds are not counted; the largest tables have none, because they would take too long.
    for (let round = one.rounds > 3 ? -3 : 0; round < one.rounds; round++) {
      const start = process.cpuUsage();
      for (let again = 0; again < one.fits; again++) fitOnce(kind, one, values, labels);
      const used = process.cpuUsage(start);
      const answer = await python?.ask({ fit: kind, fits: one.fits });
      if (round < 0) continue;
      ours.push((used.user + used.system) / 1000 / one.fits);
      if (answer !== undefined) theirs.push(Number(answer["ms"]));
    }
    const target = one.targets[at] ?? null;
    lines.push([
      describeCase(one),
      kind,
      ...formatRatioCells(ours, theirs),
      target === null ? "" : `≥ ${target}x`,
    ]);
    process.stderr.write(`${lines.at(-1)!.join(" | ")}\n`);
  }
  python?.end();
}

function describeCase({ rows, width, classes }: Case): string {
  return `${rows} x ${width}${classes > 2 ? `, ${classes} classes` : ""}`;
}

function fitOnce(kind: "logistic" | "tree", one: Case, values: Float64Array, labels: Uint16Array): void {
  const table = columnsFromRowMajor(values, one.rows, one.width);
  const result = (kind === "logistic" ? fitLogistic : fitTree)(table, labels, one.classes);
  if (!result.ok) throw new Error(`The fit returned no model: ${JSON.stringify(result)}`);
}

/**
 * Measures start, read, train and write of the command, compared with an equivalent Python script: through the launcher
 * that `relearn` starts, and from main.ts, for which Node first loads its TypeScript compiler (0.1 s).
 */
function measureWholeProcess(): void {
  const { values, labels } = makeTable({ rows: 200, width: 7, classes: 2 });
  const path = join(folder, "table.csv");
  const header = Array.from({ length: 7 }, (_, column) => `x${column}`).join(",");
  const rows = Array.from(labels, (label, row) =>
    [...values.subarray(row * 7, row * 7 + 7), label].join(","),
  );
  writeFileSync(path, `${header},y\n${rows.join("\n")}\n`);
  const entries = ["../../server/bin/relearn.mjs", "../../server/src/main.ts"].map((file) => ({
    path: new URL(file, import.meta.url).pathname,
    name: file.split("/").at(-1)!,
    ms: [] as number[],
  }));
  const script = new URL("trainer-sklearn-process.py", import.meta.url).pathname;
  const command = ["fit", path, "--label", "y", "--no-evaluate", "--json"];
  const theirs: number[] = [];
  for (let round = -1; round < 11; round++) {
    const times: [number[], () => unknown][] = entries.map((entry) => [
      entry.ms,
      () => execFileSync(process.execPath, [entry.path, ...command]),
    ]);
    if (hasSklearn) times.push([theirs, () => execFileSync(options.python, [script, path], { env })]);
    for (const [list, run] of times) {
      const start = performance.now();
      run();
      if (round >= 0) list.push(performance.now() - start);
    }
  }
  for (const { name, ms } of entries) {
    lines.push([`${WHOLE_PROCESS}, ${name}`, "logistic", ...formatRatioCells(ms, theirs), "≥ 5x"]);
  }
}

function makeTable(one: { rows: number; width: number; classes: number }) {
  const { rows, width, classes } = one;
  const random = seededRandom(rows + width + classes);
  const values = new Float64Array(rows * width);
  const labels = new Uint16Array(rows);
  const weights = Float64Array.from({ length: classes * width }, () => random.normal() * 0.5);
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    for (let column = 0; column < width; column++) values[at + column] = random.normal();
    let best = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      let score = -Math.log(-Math.log(random.uniform() + 1e-300));
      for (let column = 0; column < width; column++)
        score += weights[k * width + column]! * values[at + column]!;
      if (score > best) {
        best = score;
        labels[row] = k;
      }
    }
    // Features have different scales and means.
    for (let column = 0; column < width; column++)
      values[at + column] = values[at + column]! * (column + 1) + column;
  }
  return { values, labels };
}

function formatRatioCells(ours: number[], theirs: number[]): string[] {
  const ourMedian = computeMedian(ours);
  if (theirs.length === 0) return [ourMedian.toFixed(2), "–", "–"];
  const theirMedian = computeMedian(theirs);
  return [ourMedian.toFixed(2), theirMedian.toFixed(2), `${(theirMedian / ourMedian).toFixed(1)}x`];
}

function computeMedian(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function startPython() {
  const script = new URL("trainer-sklearn.py", import.meta.url).pathname;
  const python = spawn(options.python, [script], { stdio: ["pipe", "pipe", "inherit"], env });
  const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request: object): Promise<Record<string, unknown>> {
      python.stdin.write(`${JSON.stringify(request)}\n`);
      const answer = await answers.next();
      if (answer.done === true) throw new Error("The scikit-learn process ended; see its message above.");
      return JSON.parse(answer.value) as Record<string, unknown>;
    },
    end: () => python.stdin.end(),
  };
}

function importsSklearn(): boolean {
  try {
    execFileSync(options.python, ["-c", "import sklearn"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
