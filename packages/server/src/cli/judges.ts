/**
 * Defines `relearn judges`. The subcommands that read a file need no database: reliability cards and a comparison
 * of methods, and the weights and uncertainties of the specification.
 */

import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { ReliabilityCard } from "@relearn/contract";
import { panelMethods } from "@relearn/contract/values";
import { RelearnError } from "../errors.ts";
import { defaultLabelCounts, evaluatePanel, type PanelEvaluation } from "../judges/evaluate-panel.ts";
import { byIdentity } from "../judges/judge-identity.ts";
import { type PanelTable, panelTable } from "../judges/panel-table.ts";
import { type PanelLine, parsePanelLine } from "../judges/parse-panel-line.ts";
import { reliabilityCard } from "../judges/reliability-card.ts";
import {
  addReliabilityEvidence,
  emptyReliabilityEvidence,
  type JudgedLabel,
} from "../judges/reliability-evidence.ts";
import { type JudgeWeights, sumSpecificationWeights } from "../judges/specification-weights.ts";
import { specificationUncertainty } from "../sampling/specification-uncertainty.ts";
import type { DefineCommand } from "./command.ts";
import { cardTable } from "./judge-card-text.ts";
import { defineCards, defineMethods, defineResults } from "./judge-cards.ts";
import { formatBar, formatTable, printable, printJson, printJsonLine, printText } from "./output.ts";

interface BadLine {
  readonly line: number;
  readonly reason: string;
}

interface PanelFile {
  readonly lines: readonly PanelLine[];
  readonly badLines: readonly BadLine[];
}

export const define: DefineCommand = (command) => {
  defineCards(command);
  defineMethods(command);
  defineResults(command);
  command
    .command("evaluate")
    .description("Evaluate the judges of a file and the methods that combine them")
    .argument("<file>", "file in the judge-panel format, one JSON object per line; - for standard input")
    .option("--labels <counts>", "comma-separated numbers of labels to fit on", defaultLabelCounts.join(","))
    .option("--splits <count>", "number of random splits by group", "20")
    .option("--seed <number>", "seed of the random splits", "1")
    .option("--positive <class>", "class that hits and false alarms refer to (default: the last by name)")
    .option("--json", "print JSON, for programs")
    .action(async (file: string, options: EvaluateOptions) => {
      await evaluate(file, options);
    });
  command
    .command("weights")
    .description("Compute judge weights from a file, by the rules of the specification")
    .argument("<file>", "file in the judge-panel format; lines may have created_at; - for standard input")
    .option("--as-of <time>", "end of the 30 days, ISO 8601 (default: now)")
    .option(
      "--min-predictions <count>",
      "minimum number of labeled predictions; a judge with fewer gets 0.5",
      "5",
    )
    .option("--json", "print one JSON object: judge to weight")
    .action(async (file: string, options: WeightsOptions) => {
      await weights(file, options);
    });
  command
    .command("uncertainty")
    .description("Compute the uncertainty of every line, by the rules of the specification")
    .argument("<file>", "file in the judge-panel format; - for standard input")
    .option("--weights <file>", "JSON file: judge to weight; other judges count 0.5")
    .option("--json", "print one JSON object per line, in the order of the file")
    .action(async (file: string, options: { weights?: string; json?: boolean }) => {
      await uncertainty(file, options);
    });
};

interface EvaluateOptions {
  labels: string;
  splits: string;
  seed: string;
  positive?: string;
  json?: boolean;
}

async function evaluate(file: string, options: EvaluateOptions): Promise<void> {
  const labels = options.labels.split(",").map((text) => wholeNumber(text.trim(), "--labels", 1));
  const splits = wholeNumber(options.splits, "--splits", 1);
  const seed = wholeNumber(options.seed, "--seed", 0);
  const { lines, badLines } = await readPanelFile(file, { needed: true });
  const tasks = lines.map((line) => ({
    ...line,
    judge_scores: byIdentity(line.judge_scores),
    // Keeps the lines of a task on one side of every split.
    group: line.group ?? line.task_key,
  }));
  if (!tasks.some((task) => task.label != null)) {
    throw new RelearnError(
      "invalid_input",
      `No line of ${file} has a label. Judges are evaluated against people's labels: add "label" to the lines that people have decided.`,
    );
  }
  const table = panelTable(tasks);
  if (table.judges.length === 0) {
    throw new RelearnError("invalid_input", `No line of ${file} names a judge in "judge_scores".`);
  }
  const positive = options.positive ?? table.classes.at(-1)!;
  if (!table.classes.includes(positive)) {
    throw new RelearnError(
      "invalid_input",
      `--positive ${JSON.stringify(positive)} is not a class of the file. Accepted: ${table.classes.join(", ")}.`,
    );
  }
  const cards = computeCards(tasks, table.judges, positive);
  const evaluation = evaluatePanel(table, { labels, splits, seed, onProgress: progressBar() });
  const warnings = listWarnings(evaluation, table, lines);
  for (const warning of warnings) process.stderr.write(`relearn: ${printable(warning)}\n`);
  if (options.json) {
    printJson({
      methods: evaluation.methods,
      judges: cards,
      classes: table.classes,
      positive,
      rows: lines.length,
      labeled_rows: evaluation.rows,
      groups: evaluation.groups,
      splits,
      seed,
      labels_left_out: evaluation.labels_left_out,
      warnings,
      bad_lines: badLines,
    });
    return;
  }
  printText(`${cardTable(Object.values(cards))}\n`);
  if (evaluation.labels_left_out.length === new Set(labels).size) return;
  printText(methodTable(evaluation));
  printText(
    `\nHeld-out accuracy / log-loss ± its standard error, over ${counted(splits, "split")} of ${counted(evaluation.rows, "labeled line")} in ${counted(evaluation.groups, "group")}.`,
  );
}

/** Lists what was omitted and the limits of the figures. */
function listWarnings(evaluation: PanelEvaluation, table: PanelTable, lines: readonly PanelLine[]): string[] {
  const { labels_left_out: leftOut, most_labels: most, rows, groups } = evaluation;
  const warnings: string[] = [];
  const repeated = lines.length - new Set(lines.map((line) => line.task_key)).size;
  if (repeated > 0) {
    warnings.push(
      `${counted(repeated, "line")} name a task of an earlier line; each counts, on the same side of every split.`,
    );
  }
  if (table.classes.length < 2) {
    warnings.push(
      `Every label and verdict is ${JSON.stringify(table.classes[0])}: with one class the figures have no meaning.`,
    );
  }
  if (groups < 2) {
    warnings.push(
      `No method can be evaluated: ${rows === 1 ? "the only labeled line is" : `all ${rows} labeled lines are in one group, which is`} on one side of every split. ${rows === 1 ? "Label more lines." : 'Remove "group" from lines that are independent of each other.'}`,
    );
  } else if (leftOut.length > 0) {
    warnings.push(
      `Skipped: ${leftOut.join(", ")} labels (--labels). Half of the file's ${groups} groups have at most ${counted(most, "labeled line")} to fit on.`,
    );
  }
  return warnings;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

function computeCards(
  tasks: readonly PanelLine[],
  judges: readonly string[],
  positive: string,
): Record<string, ReliabilityCard> {
  const records = new Map<string, JudgedLabel[]>(judges.map((judge) => [judge, []]));
  let newest = Number.NEGATIVE_INFINITY;
  for (const task of tasks) {
    if (task.label == null) continue;
    if (task.created_at !== undefined) newest = Math.max(newest, Date.parse(task.created_at));
    for (const [judge, score] of Object.entries(task.judge_scores)) {
      records.get(judge)!.push({ score, label: task.label, at: task.created_at ?? null });
    }
  }
  // Evidence decays up to the newest line, so that the figures of a file do not change with time.
  const asOf = Number.isFinite(newest) ? new Date(newest) : new Date(0);
  return Object.fromEntries(
    judges.map((judge) => {
      const evidence = addReliabilityEvidence(
        emptyReliabilityEvidence(judge, asOf),
        records.get(judge)!,
        asOf,
      );
      return [judge, reliabilityCard(evidence, positive)];
    }),
  );
}

function methodTable(evaluation: PanelEvaluation): string {
  const counts = Object.keys(evaluation.methods["chosen"] ?? {});
  const rows = panelMethods.map((method) => [
    method,
    ...counts.map((n) => {
      const { accuracy, log_loss, standard_errors } = evaluation.methods[method]![n]!;
      return `${accuracy.toFixed(3)} / ${log_loss.toFixed(3)} ± ${standard_errors.log_loss.toFixed(3)}`;
    }),
  ]);
  return formatTable(["method", ...counts.map((n) => `${n} labels`)], rows, [
    "left",
    ...counts.map(() => "right" as const),
  ]);
}

interface WeightsOptions {
  asOf?: string;
  minPredictions: string;
  json?: boolean;
}

async function weights(file: string, options: WeightsOptions): Promise<void> {
  const asOf = options.asOf === undefined ? new Date() : new Date(options.asOf);
  if (Number.isNaN(asOf.getTime())) {
    throw new RelearnError(
      "invalid_input",
      `--as-of ${JSON.stringify(options.asOf)} is not a time. Accepted: ISO 8601, such as 2026-03-01T00:00:00Z.`,
    );
  }
  const minPredictions = wholeNumber(options.minPredictions, "--min-predictions", 0);
  const { lines } = await readPanelFile(file);
  const sum = sumSpecificationWeights({ asOf, minPredictions });
  for (const line of lines) sum.add(line);
  if (options.json) {
    printJson(sum.weights());
    return;
  }
  const evidence = Object.entries(sum.evidence());
  if (evidence.length === 0) {
    printText("No judged lines in the 30 days; these are the default weights of the specification.\n");
    printText(
      formatTable(
        ["judge", "weight"],
        Object.entries(sum.weights()).map(([judge, weight]) => [judge, weight.toFixed(3)]),
        ["left", "right"],
      ),
    );
    return;
  }
  const figure = (value: number | null): string => (value === null ? "-" : value.toFixed(3));
  printText(
    formatTable(
      ["judge", "weight", "", "predictions", "agreement", "calibration error"],
      evidence.map(([judge, { weight, predictions, agreement, calibration_error }]) => [
        judge,
        weight.toFixed(3),
        formatBar(weight, 12),
        `${predictions}${predictions < minPredictions ? " (too few)" : ""}`,
        figure(agreement),
        figure(calibration_error),
      ]),
      ["left", "right", "left", "right", "right", "right"],
    ),
  );
}

/** Maximum number of rows in the table; `--json` prints all. */
const MAX_SHOWN_LINES = 20;

async function uncertainty(file: string, options: { weights?: string; json?: boolean }): Promise<void> {
  const judgeWeights = options.weights === undefined ? {} : readWeights(options.weights);
  const { lines } = await readPanelFile(file);
  const scored = lines.map((line) => ({
    task_key: line.task_key,
    ...specificationUncertainty(line.judge_scores, judgeWeights),
  }));
  if (options.json) {
    for (const item of scored) printJsonLine(item);
    return;
  }
  if (scored.length === 0) return;
  const shown = [...scored].sort((a, b) => b.uncertainty - a.uncertainty).slice(0, MAX_SHOWN_LINES);
  printText(
    formatTable(
      ["uncertainty", "method", "task"],
      shown.map((item) => [item.uncertainty.toFixed(3), item.method, item.task_key]),
      ["right"],
    ),
  );
  if (scored.length > shown.length) {
    printText(`\nThe ${shown.length} most uncertain of ${scored.length}; --json prints every line.`);
  }
}

function readWeights(path: string): JudgeWeights {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new RelearnError("invalid_input", `Cannot read weights from ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  const entries = value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  const fault = entries === null ? "" : Object.entries(entries).find(([, weight]) => !isWeight(weight))?.[0];
  if (entries === null || fault !== undefined) {
    throw new RelearnError(
      "invalid_input",
      `${path} is not a map of weights${fault ? `: the weight of ${JSON.stringify(fault)} is not a number of at least 0` : ""}. Accepted: one JSON object, judge to weight, as \`relearn judges weights FILE --json\` prints it.`,
    );
  }
  return entries as JudgeWeights;
}

function isWeight(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** Maximum number of bad lines that are listed on standard error; the rest is counted. */
const MAX_LISTED_BAD_LINES = 10;

/**
 * Reads every valid line, and reports the others by number and reason. Refuses a file without valid lines; an empty
 * file is refused only if `needed`.
 */
async function readPanelFile(path: string, { needed = false } = {}): Promise<PanelFile> {
  const lines: PanelLine[] = [];
  const badLines: BadLine[] = [];
  let number = 0;
  try {
    const input = path === "-" ? process.stdin : createReadStream(path);
    for await (const raw of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      const text = number === 1 ? raw.replace(/^\uFEFF/, "") : raw;
      if (text.trim() === "") continue;
      const parsed = parsePanelLine(text);
      if (parsed.ok) lines.push(parsed.line);
      else badLines.push({ line: number, reason: parsed.reason });
    }
  } catch (cause) {
    throw new RelearnError("invalid_input", `Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  for (const { line, reason } of badLines.slice(0, MAX_LISTED_BAD_LINES)) {
    process.stderr.write(`relearn: line ${line} skipped: ${printable(reason)}\n`);
  }
  if (badLines.length > MAX_LISTED_BAD_LINES) {
    process.stderr.write(`relearn: and ${badLines.length - MAX_LISTED_BAD_LINES} more lines skipped.\n`);
  }
  if (lines.length === 0 && badLines.length === 0) {
    const message = `${path} is empty. Accepted: one JSON object per line with "task_key", "judge_scores" and, if people have decided, "label".`;
    if (needed) throw new RelearnError("invalid_input", message);
    process.stderr.write(`relearn: ${printable(message)}\n`);
  }
  if (lines.length === 0 && badLines.length > 0) {
    throw new RelearnError(
      "invalid_input",
      `${path} has no usable line; ${badLines.length} were skipped, the first (line ${badLines[0]!.line}): ${badLines[0]!.reason}. ` +
        `Accepted: one JSON object per line with "task_key" and "judge_scores".`,
      { details: { bad_lines: badLines.slice(0, MAX_LISTED_BAD_LINES) } },
    );
  }
  return { lines, badLines };
}

function wholeNumber(text: string, option: string, min: number): number {
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value) || value < min) {
    throw new RelearnError(
      "invalid_input",
      `${option} is ${JSON.stringify(text)}. Accepted: a whole number of at least ${min}.`,
    );
  }
  return value;
}

/** Time before a progress bar is shown. */
const PROGRESS_AFTER_MS = 2000;

/** Creates a progress bar on standard error, shown only on a terminal and if the work takes long. */
function progressBar(): (share: number) => void {
  const started = performance.now();
  let drawn = false;
  return (share) => {
    if (!process.stderr.isTTY || performance.now() - started < PROGRESS_AFTER_MS) return;
    if (share >= 1) {
      if (drawn) process.stderr.write("\r\u001B[K");
      return;
    }
    drawn = true;
    process.stderr.write(`\r${formatBar(share)} ${Math.round(100 * share)} %`);
  };
}
