import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { tableCases } from "../../../contract/src/table/table-cases.fixture.ts";
import { RelearnError } from "../errors.ts";
import { seededRandom } from "../numerics/random.ts";
import { TableFileParser } from "../training/table-file.ts";
import { type FitCommandOptions, fitFile } from "./fit.ts";
import type { FitDocument } from "./fit-document.ts";
import { formatFitReport } from "./fit-report.ts";

const folder = mkdtempSync(join(tmpdir(), "relearn-fit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let serial = 0;
function writeTableFile(text: string | Uint8Array, extension = "csv"): string {
  const path = join(folder, `table-${serial++}.${extension}`);
  writeFileSync(path, text);
  return path;
}

/** What a table was read to, or the refusal of one with a single label says of it. */
function readLabels(parser: TableFileParser): {
  records: number;
  labels: readonly string[];
  bad: readonly unknown[];
} {
  try {
    const { records, input, badRows } = parser.end();
    return { records, labels: input.classes, bad: badRows };
  } catch (error) {
    if (!(error instanceof RelearnError) || error.code !== "insufficient_data") throw error;
    const { rows, classes, bad_rows } = error.details as {
      rows: number;
      classes: string[];
      bad_rows: readonly unknown[];
    };
    return { records: rows + bad_rows.length, labels: classes, bad: bad_rows };
  }
}

function fit(text: string, options: Partial<FitCommandOptions> = {}, extension = "csv"): FitDocument {
  const all: FitCommandOptions = {
    label: "y",
    model: "logistic",
    evaluate: true,
    repeat: 1,
    encoding: "utf-8",
    ...options,
  };
  return fitFile(writeTableFile(text, extension), all).document;
}

function toMessage(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RelearnError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Age and income in different units decide, colour is a word, and the noise is seeded. */
function people(rows: number): { age: number; income: number; colour: string; y: string }[] {
  const random = seededRandom(4);
  return Array.from({ length: rows }, () => {
    const age = 20 + random.below(50);
    const income = 20_000 + random.below(80_000);
    const z = (age - 45) / 8 + (income - 60_000) / 30_000 + random.normal();
    return { age, income, colour: random.uniform() < 0.5 ? "red" : "blue", y: z > 0 ? "yes" : "no" };
  });
}

const toCsv = (rows: readonly object[]): string =>
  [Object.keys(rows[0]!).join(","), ...rows.map((row) => Object.values(row).join(","))].join("\n");

describe("relearn fit", () => {
  const rows = people(400);

  it("gives exactly the contract's members, of both kinds, held-out ones null without evaluation", () => {
    const heldOut = [
      ...["accuracy", "accuracy_interval", "baseline_accuracy", "log_loss", "brier", "calibration_error"],
      ...["confusion_matrix", "per_class", "permutation_importances"],
    ];
    const always = [
      ...["model_type", "classes", "positive", "features", "calibration", "rows", "label_distribution"],
      ...["training_accuracy", "feature_importances", "thresholds", "threshold_sides", "warnings"],
      ...["bad_rows", "bad_row_count", "digest", "timing"],
    ];
    const models = { logistic: ["scaler", "coef", "intercept"], tree: ["tree"] } as const;
    for (const model of ["logistic", "tree"] as const) {
      for (const evaluate of [true, false]) {
        const printed = JSON.parse(JSON.stringify(fit(toCsv(rows), { model, evaluate }))) as Record<
          string,
          unknown
        >;
        expect(Object.keys(printed).sort()).toEqual([...always, ...heldOut, ...models[model]].sort());
        for (const name of heldOut) {
          if (evaluate) expect(printed[name]).not.toBeNull();
          else expect([name, printed[name]]).toEqual([name, null]);
        }
        const timing = printed["timing"] as Record<string, number | null>;
        expect(Object.keys(timing).sort()).toEqual(["evaluate_ms", "first_fit_ms", "fit_ms", "read_ms"]);
        for (const [name, value] of Object.entries(timing)) {
          if (name === "evaluate_ms" && !evaluate) expect(value).toBeNull();
          else expect(value).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });

  it("finds what the table holds, and skips the column of words", () => {
    const document = fit(toCsv(rows));
    expect(document.features).toEqual(["age", "income"]);
    expect(document.classes).toEqual(["no", "yes"]);
    expect(document.scaler).toEqual({
      mean: [expect.any(Number), expect.any(Number)],
      scale: [expect.any(Number), expect.any(Number)],
    });
    expect(document.coef).toHaveLength(1);
    expect(document.coef![0]).toHaveLength(2);
    expect(document.intercept).toHaveLength(1);
    expect(document.accuracy).toBeGreaterThan(0.8);
    expect(document.baseline_accuracy).toBeLessThan(0.65);
    expect(document.confusion_matrix!.flat().reduce((sum, count) => sum + count, 0)).toBe(400);
    expect(document.warnings.map((one) => one.code)).toEqual(["skipped_column"]);
    expect(document.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("has a row of coefficients a class where there are more than two", () => {
    const three = rows.map((row) => ({ ...row, y: row.age > 60 ? "old" : row.y }));
    const document = fit(toCsv(three));
    expect(document.classes).toEqual(["no", "old", "yes"]);
    expect(document.coef!.map((row) => row.length)).toEqual([2, 2, 2]);
    expect(document.intercept!.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
    expect(document.confusion_matrix!.map((row) => row.length)).toEqual([3, 3, 3]);
  });

  it("is about the class asked for: thresholds and calibration error turn with it, the model stays", () => {
    const yes = fit(toCsv(rows));
    const no = fit(toCsv(rows), { positive: "no" });
    expect([yes.positive, no.positive]).toEqual(["yes", "no"]);
    expect(no.coef).toEqual(yes.coef);
    expect(no.thresholds).toEqual(yes.thresholds);
    expect(yes.threshold_sides).toEqual({ age: "at_or_above", income: "at_or_above" });
    expect(no.threshold_sides).toEqual({ age: "at_or_below", income: "at_or_below" });
    // With the other feature at its mean the log-odds are 0 there.
    const { scaler, coef, intercept, thresholds } = yes;
    const distance = (thresholds["age"]! - scaler!.mean[0]!) / scaler!.scale[0]!;
    expect(intercept![0]! + coef![0]![0]! * distance).toBeCloseTo(0, 9);
  });

  it("takes none for a label, though it is no number", () => {
    const document = fit("x,y\n1,none\n2,mild\n3,None\n4,\n5,NA\n6,mild\n");
    expect(document.label_distribution).toEqual({ None: 1, mild: 2, none: 1 });
    expect(document.bad_row_count).toBe(2);
  });

  it("reads the same table from CSV, semicolons, and JSONL to the same digest", () => {
    const csv = fit(toCsv(rows));
    const semicolons = fit(toCsv(rows).replaceAll(",", ";"));
    const lines = fit(rows.map((row) => JSON.stringify(row)).join("\n"), {}, "jsonl");
    expect(semicolons.digest).toBe(csv.digest);
    expect({ ...lines, warnings: [], digest: "", timing: null }).toEqual({
      ...csv,
      warnings: [],
      digest: "",
      timing: null,
    });
  });

  it("gives the tree in raw units, and auto the lower log-loss", () => {
    const tree = fit(toCsv(rows), { model: "tree" });
    expect(tree.model_type).toBe("DecisionTree");
    expect(tree.coef).toBeUndefined();
    expect(tree.tree!.nodes[0]!.counts.reduce((sum, count) => sum + count, 0)).toBe(400);
    const ages = tree.tree!.nodes.filter((node) => node.feature === 0);
    expect(ages.every((node) => node.threshold > 20 && node.threshold < 70)).toBe(true);
    const auto = fit(toCsv(rows), { model: "auto" });
    const logistic = fit(toCsv(rows));
    expect(auto.log_loss).toBe(Math.min(tree.log_loss!, logistic.log_loss!));
    expect(auto.warnings[1]!.code).toBe("auto_model_type");
  });

  it("leaves the held-out figures null without evaluation, the model the same", () => {
    const quick = fit(toCsv(rows), { evaluate: false, repeat: 3 });
    expect([quick.accuracy, quick.log_loss, quick.brier, quick.confusion_matrix]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(quick.timing.evaluate_ms).toBeNull();
    expect(quick.coef).toEqual(fit(toCsv(rows)).coef);
    expect(toMessage(() => fit(toCsv(rows), { evaluate: false, model: "auto" }))).toContain("invalid_input");
  });

  it("leaves bad rows out by line and reason and keeps the good", () => {
    const good = toCsv(rows).split("\n");
    const bad = [
      ...good.slice(0, 3),
      "31,,red,yes",
      "old,1,red,no",
      "",
      "1e999,5,red,no",
      "5,5",
      "40,2,red,",
    ];
    const document = fit([...bad, ...good.slice(3)].join("\n"));
    expect(document.rows).toBe(400);
    expect(document.bad_rows).toEqual([
      { line: 4, reason: "income is missing" },
      { line: 5, reason: 'age is "old", not a number' },
      { line: 7, reason: "age is not a finite number" },
      { line: 8, reason: "has 2 fields, 4 expected" },
      { line: 9, reason: "has no label (y)" },
    ]);
    expect(document.warnings[0]!.code).toBe("bad_rows");
    expect(document.coef).toEqual(fit(toCsv(rows)).coef);
    const json = [...rows.map((row) => JSON.stringify(row)), "{", "[1]", '{"age":1}'].join("\n");
    const lines = fit(json, {}, "jsonl").bad_rows;
    expect(lines.map((one) => one.line)).toEqual([401, 402, 403]);
    expect(lines[0]!.reason).toContain("is not JSON");
  });

  it("names rare classes one by one where they are few, and the report some of many labels", () => {
    const many = Array.from({ length: 60 }, (_, i) => `${i},k${i}`).join("\n");
    const path = writeTableFile(`x,y\n${many}`);
    const options = { label: "y", model: "tree", evaluate: true, repeat: 1, encoding: "utf-8" } as const;
    const { document, table } = fitFile(path, options);
    const rare = document.warnings.filter((one) => one.code === "rare_class");
    expect(rare).toHaveLength(1);
    expect(rare[0]!.message).toMatch(/^60 of the 60 classes have fewer than 5 rows/);
    expect(formatFitReport(path, document, table)).toContain("and 50 more");
  });

  it("keeps copies of a row in one fold and says so", () => {
    const twice = fit(toCsv([...rows, ...rows.slice(0, 40)]));
    const warning = twice.warnings.find((one) => one.code === "repeated_rows")!;
    expect(warning.message).toMatch(/^40 of 440 rows .* kept in one fold/);
  });

  it("prints a table with the figures and bars", () => {
    const path = writeTableFile(toCsv(rows));
    const { document, table } = fitFile(path, {
      label: "y",
      model: "logistic",
      evaluate: true,
      repeat: 1,
      encoding: "utf-8",
    });
    const report = formatFitReport(path, document, table);
    expect(report).toContain("400 rows, 2 features");
    expect(report).toMatch(/baseline accuracy +\d\d\.\d %/);
    expect(report).toContain("labels: no (");
    expect(report).toMatch(/age +\d\d\.\d % +█+ +\d\d\.\d % +\+\d\.\d{3} +≥ \d\d\.\d+/);
    expect(report).toContain(document.digest);
  });

  it("refuses a file that is not there, and a folder", () => {
    const options = { label: "y", model: "logistic", evaluate: true, repeat: 1, encoding: "utf-8" } as const;
    expect(toMessage(() => fitFile(join(folder, "nope.csv"), options))).toContain("no such file");
    expect(toMessage(() => fitFile(folder, options))).toContain("it is a folder");
  });

  it.each<[string, string, Partial<FitCommandOptions>, string]>([
    ["an empty file", "", {}, "is empty"],
    ["a header alone", "x,y", {}, "has no rows"],
    ["no such label column", "x,z\n1,2", {}, 'no column "y"'],
    ["no such feature", "x,y\n1,a\n2,b", { features: ["w"] }, 'names "w"'],
    ["the label as a feature", "x,y\n1,a\n2,b", { features: ["y"] }, "label column"],
    ["a feature of words", "x,y\nred,a\nblue,b", { features: ["x"] }, 'words, not numbers (line 2: "red")'],
    ["words alone", "x,y\nred,a\nblue,b", {}, "no numeric column"],
    [
      "one label",
      "x,y\n1,a\n2,a\n3,a",
      {},
      'insufficient_data: Insufficient data: all 3 rows have the label "a"',
    ],
    ["no such positive", "x,y\n1,a\n2,b", { positive: "c" }, "Accepted: a, b"],
    ["lines that end in carriage returns alone", "x,y\r1,a\r2,b", {}, "ends in a carriage return alone"],
    ["UTF-16 without a mark", "x,y\n1,a\n2,b\n".replaceAll("", "\0"), {}, "zero byte"],
    ["an unknown delimiter", "x~y\n1~a\n2~b", {}, "one column, x~y. The delimiter must be"],
    ["decimal commas", 'x;y\n"1,5";a\n"2,5";b', {}, "write numbers with a decimal point"],
    ["JSON over several lines", '{\n"x": 1,\n"y": "a"\n}', {}, "is JSON spread over several lines"],
    ["labels that lost a character", "x,y\n1,j\uFFFD\n2,j\uFFFD", {}, "line 2: has a label with U+FFFD"],
    ["a JSON array", '[{"x":1,"y":"a"}]', {}, "is a JSON list"],
    [
      "a quote that is never closed",
      'x,y\n1,a\n2,"b\n3,a\n4,b\n',
      {},
      "line 3 opens a quote that is never closed",
    ],
    ["columns without names", "x,,,y\n1,2,3,a\n", {}, "gives column 2 of 4 no name"],
    ["a column named twice", "x,x,y\n1,2,a", {}, '"x" twice'],
    [
      "a label that is a quantity",
      `x,y\n${Array.from({ length: 200 }, (_, i) => `${i},${i}.5`).join("\n")}`,
      {},
      "200 different values",
    ],
  ])("refuses %s", (_name, text, options, message) => {
    expect(toMessage(() => fit(text, options))).toContain(message);
  });

  it.each(tableCases)("reads $name as every other reader", ({ file, encoding, rows, badRows, fault }) => {
    const path = writeTableFile(file);
    if (fault !== undefined) {
      const options = { label: "label", model: "logistic", evaluate: true, repeat: 1 } as const;
      const message = toMessage(() => fitFile(path, { ...options, encoding: encoding ?? "utf-8" }));
      expect(message).toContain(`${path}${fault[0] === null ? "" : ` line ${fault[0]}`} ${fault[1]}`);
      return;
    }
    // Without a feature it is all about the rows and their labels.
    const parser = new TableFileParser("f", { label: "label", features: [], encoding: encoding ?? "utf-8" });
    parser.take(typeof file === "string" ? Buffer.from(file) : file);
    const { records, labels, bad } = readLabels(parser);
    const good = (rows ?? []).filter(([, label]) => label !== "");
    expect(labels).toEqual([...new Set(good.map(([, label]) => label))].sort());
    expect(records).toBe(good.length + bad.length);
    expect(bad).toEqual(
      [
        ...(badRows ?? []).map(([line, reason]) => ({ line, reason: expect.stringContaining(reason) })),
        ...(rows ?? [])
          .filter(([, label]) => label === "")
          .map(([line]) => ({ line, reason: "has no label (label)" })),
      ].sort((one, other) => one.line - other.line),
    );
  });

  it("names some of many columns in a message, and none in full length", () => {
    const names = Array.from({ length: 3000 }, (_, i) => `column_${i}_${"x".repeat(100)}`);
    const message = toMessage(() => fit(`${names.join(",")}\n${names.map(() => 1).join(",")}\n`));
    expect(message).toContain("and 2980 more");
    expect(message.length).toBeLessThan(2000);
  });

  it("trains on 2,000 columns", () => {
    const random = seededRandom(4);
    const wide = Array.from({ length: 60 }, (_, row) =>
      [...Array.from({ length: 2000 }, () => random.below(10)), row % 2 === 0 ? "a" : "b"].join(","),
    );
    const header = [...Array.from({ length: 2000 }, (_, column) => `c${column}`), "y"].join(",");
    const document = fit([header, ...wide].join("\n"));
    expect(document.features).toHaveLength(2000);
    expect(document.training_accuracy).toBe(1);
    expect(Object.keys(document.permutation_importances!)).toHaveLength(2000);
  });

  it("fits tiny tables: two rows, one-row classes, constant columns", () => {
    expect(fit("x,y\n1,a\n2,b").rows).toBe(2);
    const lone = fit(
      `x,c,y\n${Array.from({ length: 30 }, (_, i) => `${i},7,${i === 3 ? "b" : "a"}`).join("\n")}`,
    );
    expect(lone.warnings.map((one) => one.code)).toEqual(
      expect.arrayContaining(["unbalanced", "rare_class", "constant_feature"]),
    );
    expect(lone.coef![0]![1]).toBe(0);
    expect(Number.isFinite(lone.log_loss!)).toBe(true);
  });

  it("runs as a command: JSON on standard output, code 2 and a message for a wrong column", () => {
    const main = join(import.meta.dirname, "../main.ts");
    const path = writeTableFile(toCsv(rows));
    const printed = execFileSync(process.execPath, [main, "fit", path, "--label", "y", "--json"], {
      encoding: "utf8",
    });
    expect((JSON.parse(printed) as FitDocument).digest).toBe(fit(toCsv(rows)).digest);
    const report = execFileSync(process.execPath, [main, "fit", "-", "--label", "y"], {
      encoding: "utf8",
      input: toCsv(rows),
    });
    expect(report).toContain("on standard input\n400 rows");
    try {
      execFileSync(process.execPath, [main, "fit", path, "--label", "nope"], { stdio: "pipe" });
      throw new Error("it did not fail");
    } catch (error) {
      const failure = error as { status?: number; stderr?: Buffer };
      expect(failure.status).toBe(2);
      expect(failure.stderr?.toString()).toContain("the columns are age, income, colour, y");
    }
  });
});
