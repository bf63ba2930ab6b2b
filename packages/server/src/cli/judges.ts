/**
 * `relearn judges`: is my judge any good; the specification's weights and uncertainties on a file. No database but
 * for the cards of an installation.
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
    .description("Cards of the judges, and what each way of combining them achieves at n labels")
    .argument("<file>", "a file in the judge-panel format, one JSON object a line; - for standard input")
    .option("--labels <counts>", "label counts to try, with commas", defaultLabelCounts.join(","))
    .option("--splits <count>", "random splits by group", "20")
    .option("--seed <number>", "seed of the splits", "1")
    .option("--positive <class>", "the class that sensitivity and false alarms are about; the last by name")
    .option("--json", "one JSON document")
    .action(async (file: string, options: EvaluateOptions) => {
      await evaluate(file, options);
    });
  command
    .command("weights")
    .description("The specification's judge weights")
    .argument("<file>", "a file in the judge-panel format; lines may carry created_at")
    .option("--as-of <time>", "count the 30 days before this time, ISO 8601; now where left out")
    .option("--min-predictions <count>", "labeled predictions under which a judge gets 0.5", "5")
    .option("--json", "one flat JSON object: judge to weight")
    .action(async (file: string, options: WeightsOptions) => {
      await weights(file, options);
    });
  command
    .command("uncertainty")
    .description("The specification's uncertainty of every line")
    .argument("<file>", "a file in the judge-panel format")
    .option("--weights <file>", "a flat JSON object: judge to weight; a judge without one counts 0.5")
    .option("--json", "one JSON object a line, in the file's order")
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
    // A task that comes again must not be learned from on one side and be asked about on the other.
    group: line.group ?? line.task_key,
  }));
  if (!tasks.some((task) => task.label != null)) {
    throw new RelearnError(
      "invalid_input",
      `No line of ${file} has a label: judges can only be evaluated against people's labels. Add a "label" to the lines that people have decided.`,
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
      `--positive ${JSON.stringify(positive)} is none of the file's classes: ${table.classes.join(", ")}.`,
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

/** What a reader should know before the figures: what was left out, and what they cannot say. */
function listWarnings(evaluation: PanelEvaluation, table: PanelTable, lines: readonly PanelLine[]): string[] {
  const { labels_left_out: leftOut, most_labels: most, rows, groups } = evaluation;
  const warnings: string[] = [];
  const repeated = lines.length - new Set(lines.map((line) => line.task_key)).size;
  if (repeated > 0) {
    warnings.push(
      `${counted(repeated, "line")} name a task that an earlier line has; each counts, on the same side of every split.`,
    );
  }
  if (table.classes.length < 2) {
    warnings.push(
      `Every label and verdict is ${JSON.stringify(table.classes[0])}: there is nothing to tell apart, and the figures say nothing.`,
    );
  }
  if (groups < 2) {
    warnings.push(
      `No method can be tried: ${rows === 1 ? "the one labeled line is" : `all ${rows} labeled lines are in one group, which is`} on one side of every split. ${rows === 1 ? "Label more." : 'Leave "group" out where the lines have nothing to do with each other.'}`,
    );
  } else if (leftOut.length > 0) {
    warnings.push(
      `Left out: ${leftOut.join(", ")} labels. Half of the file's ${groups} groups have ${counted(most, "labeled line")} at most to learn from (--labels).`,
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
  // Evidence of a file decays up to its newest line, so that an old file says what it said when it was made.
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
    printText("No judged line in the 30 days: the specification's default weights.\n");
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

/** Rows that a person reads; programs get them all. */
const SHOWN_LINES = 20;

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
  const shown = [...scored].sort((a, b) => b.uncertainty - a.uncertainty).slice(0, SHOWN_LINES);
  printText(
    formatTable(
      ["uncertainty", "method", "task"],
      shown.map((item) => [item.uncertainty.toFixed(3), item.method, item.task_key]),
      ["right"],
    ),
  );
  if (scored.length > shown.length) {
    printText(`\nThe ${shown.length} most uncertain of ${scored.length}; --json gives every line.`);
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
      `${path} is not a map of weights${fault ? `: the weight of ${JSON.stringify(fault)} is no number of 0 or more` : ""}. Accepted: one JSON object, judge to number, as \`relearn judges weights FILE --json\` prints it.`,
    );
  }
  return entries as JudgeWeights;
}

function isWeight(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** Bad lines named on standard error; beyond these they are only counted. */
const NAMED_BAD_LINES = 10;

/** Reads every good line; bad ones are reported by number and reason. Refuses a file with bad lines alone, and one without a line where lines are `needed`. */
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
  for (const { line, reason } of badLines.slice(0, NAMED_BAD_LINES)) {
    process.stderr.write(`relearn: line ${line} left out: ${printable(reason)}\n`);
  }
  if (badLines.length > NAMED_BAD_LINES) {
    process.stderr.write(`relearn: and ${badLines.length - NAMED_BAD_LINES} more lines left out.\n`);
  }
  if (lines.length === 0 && badLines.length === 0) {
    const message = `${path} is empty. Accepted: one JSON object a line with "task_key", "judge_scores" and, where people decided, "label".`;
    if (needed) throw new RelearnError("invalid_input", message);
    process.stderr.write(`relearn: ${printable(message)}\n`);
  }
  if (lines.length === 0 && badLines.length > 0) {
    throw new RelearnError(
      "invalid_input",
      `${path} has no usable line; ${badLines.length} were left out, the first (line ${badLines[0]!.line}): ${badLines[0]!.reason}. ` +
        `Accepted: one JSON object a line with "task_key" and "judge_scores".`,
      { details: { bad_lines: badLines.slice(0, NAMED_BAD_LINES) } },
    );
  }
  return { lines, badLines };
}

function wholeNumber(text: string, option: string, least: number): number {
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value) || value < least) {
    throw new RelearnError(
      "invalid_input",
      `${option} ${JSON.stringify(text)}: a whole number of at least ${least} is needed.`,
    );
  }
  return value;
}

/** After how long a person starts to wonder. */
const PROGRESS_AFTER_MS = 2000;

/** A bar on standard error, where that is a terminal and the work takes long; else nothing. */
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
