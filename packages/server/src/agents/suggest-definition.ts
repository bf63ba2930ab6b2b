import type { FeatureDeclaration } from "@relearn/client";
import type { AgentDefinition } from "@relearn/contract";
import { RelearnError } from "../errors.ts";

/** Agent definition derived from a table, with notes to read before using it. */
export interface SuggestedDefinition {
  readonly definition: AgentDefinition;
  /** Columns left out and why, columns that look like a key, … */
  readonly notes: readonly string[];
  /** Rows with a label, by label. */
  readonly labels: Readonly<Record<string, number>>;
  /** Column that identifies rows, for `--key`; `undefined` if a key was given or none was found. */
  readonly likelyKey: string | undefined;
}

/** Limits of an agent definition. */
const MAX_FEATURES = 1000;
const MAX_CLASSES = 100;
/** Values kept per column for the median: enough for two digits, and bounded for any file. */
const KEPT_VALUES = 20_000;
/** Suggested thresholds, each the boundary of a feature in raw units. */
const SUGGESTED_THRESHOLDS = 5;
/** Name that is typical of a key column. */
const KEY_NAME = /(^|[^a-z0-9])(id|key|uuid|guid|number|no|nr)$|[a-z](Id|ID|Key)$/;
const MISSING_LABELS = new Set(["", "na", "n/a", "nan", "null", "none", "?"]);

interface Column {
  readonly path: readonly string[];
  present: number;
  numbers: number;
  booleans: number;
  lists: number;
  words: number;
  exampleWord: string | undefined;
  whole: boolean;
  smallest: number;
  largest: number;
  readonly values: number[];
  /** Distinct values; `undefined` after the first repetition. */
  distinct: Set<string> | undefined;
  /** Count and sum of the numbers by label; `squares` is the sum of all squares. */
  readonly byLabel: Map<string, { count: number; sum: number }>;
  squares: number;
}

/**
 * Reads labeled rows one by one and suggests an agent definition: a feature for each column of numbers, booleans or
 * lists, with the median as its default so that a missing value favors no class; the labels as classes; and thresholds
 * for the number columns that correlate most with the label. The median covers the first KEPT_VALUES values, everything
 * else all rows.
 */
export class TableSurvey {
  readonly #columns = new Map<string, Column>();
  readonly #labels = new Map<string, number>();
  #rows = 0;
  #unlabeled = 0;

  /** Adds a row: its payload, as it would be stored, and its label. */
  add(payload: Readonly<Record<string, unknown>>, label: string): void {
    if (MISSING_LABELS.has(label.trim().toLowerCase())) {
      this.#unlabeled += 1;
      return;
    }
    this.#rows += 1;
    this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1);
    if (this.#labels.size > MAX_CLASSES) {
      throw new RelearnError(
        "invalid_input",
        `The label column has more than ${MAX_CLASSES} different values; an agent has at most ${MAX_CLASSES} classes. If it is a quantity, divide it into classes.`,
      );
    }
    this.#addMembers(payload, [], label);
  }

  #addMembers(payload: Readonly<Record<string, unknown>>, above: readonly string[], label: string): void {
    for (const [name, value] of Object.entries(payload)) {
      if (value === null || value === undefined) continue;
      const path = [...above, name];
      if (typeof value === "object" && !Array.isArray(value)) {
        this.#addMembers(value as Readonly<Record<string, unknown>>, path, label);
        continue;
      }
      const key = JSON.stringify(path);
      const column = this.#columns.get(key) ?? createColumn(path);
      this.#columns.set(key, column);
      addValue(column, value, label);
    }
  }

  /**
   * Returns the suggestion. `positive`: the label that thresholds refer to, by default the last. `hasKey`: the key column
   * is known. Throws `invalid_input` if no definition can be derived from the rows.
   */
  suggest(
    name: string,
    options: { readonly positive?: string | undefined; readonly hasKey?: boolean },
  ): SuggestedDefinition {
    const classes = sortLabels([...this.#labels.keys()]);
    if (classes.length < 2) {
      throw new RelearnError(
        "invalid_input",
        this.#rows === 0
          ? "No row has a label; a definition is suggested from labeled rows."
          : `Every row has the label "${classes[0]}"; an agent decides between two classes or more.`,
      );
    }
    const positive = options.positive ?? classes.at(-1)!;
    if (!classes.includes(positive)) {
      throw new RelearnError(
        "invalid_input",
        `--positive "${positive}" is no label of the file; the labels are ${classes.join(", ")}.`,
      );
    }
    const notes: string[] = [];
    if (this.#unlabeled > 0) notes.push(`${this.#unlabeled} rows have no label and were skipped.`);
    const { chosen, likelyKey } = this.#choose(options.hasKey === true, notes);
    if (chosen.length === 0) {
      throw new RelearnError("invalid_input", `No column can be a feature. ${notes.join(" ")}`.trimEnd());
    }
    const names = featureNames(chosen.map((column) => column.path.join(".")));
    const features = chosen.map((column, at) => toFeature(column, names[at]!));
    const thresholds = chosen
      .map((column, at) => ({
        column,
        feature: features[at]!,
        strength: computeCorrelation(column, positive),
      }))
      .filter(({ feature, strength }) => feature.kind === "number" && strength > 0)
      .sort((one, other) => other.strength - one.strength)
      .slice(0, SUGGESTED_THRESHOLDS)
      .map(({ feature }) => ({
        name: `${feature.name.slice(0, 63 - "_threshold".length)}_threshold`,
        boundary_of: feature.name,
        fallback: Number(feature.default),
      }));
    return {
      definition: {
        name,
        classes,
        positive,
        features,
        ...(thresholds.length === 0 ? {} : { thresholds: makeDistinct(thresholds) }),
      },
      notes,
      labels: Object.fromEntries(classes.map((label) => [label, this.#labels.get(label)!])),
      likelyKey,
    };
  }

  #choose(hasKey: boolean, notes: string[]): { chosen: Column[]; likelyKey: string | undefined } {
    const chosen: Column[] = [];
    let likelyKey: string | undefined;
    for (const column of this.#columns.values()) {
      const name = column.path.join(".");
      const isKey = this.#isKey(column);
      if (isKey && !hasKey) likelyKey ??= name;
      const fault = isKey
        ? "has a different value in every row and is named like a key: it identifies rows, so a model cannot learn from it"
        : this.#findFault(column);
      if (fault !== undefined) notes.push(`${name} is left out: it ${fault}.`);
      else if (chosen.length === MAX_FEATURES)
        notes.push(`${name} is left out: an agent has at most ${MAX_FEATURES} features.`);
      else {
        chosen.push(column);
        const other = column.present - findMainKind(column).count;
        if (other > 0) {
          notes.push(
            `${name}: ${other} rows hold a value of another kind than the rest (e.g. ${JSON.stringify(column.exampleWord ?? "a value of another kind")}); they get the default.`,
          );
        }
      }
    }
    return { chosen, likelyKey };
  }

  #isKey(column: Column): boolean {
    return (
      this.#rows > 2 &&
      column.distinct?.size === this.#rows &&
      (column.numbers === 0 || column.whole) &&
      KEY_NAME.test(column.path.at(-1)!)
    );
  }

  /** Returns the reason why a column cannot be a feature, or `undefined`. */
  #findFault(column: Column): string | undefined {
    if (column.path.some((part) => part === "" || part.includes(".") || /^\s/.test(part))) {
      return "has a name that cannot be used in a path (it has an empty part, a dot or a leading space)";
    }
    if (column.path.join(".").length > 200) return "has a name of more than 200 characters";
    const { kind, count } = findMainKind(column);
    if (kind === "words") {
      return `holds words, not numbers (e.g. ${JSON.stringify(column.exampleWord)}); encode it as numbers, e.g. one 0/1 column per word`;
    }
    const missing = this.#rows - column.present;
    if (missing > this.#rows / 2) return `is missing in ${missing} of ${this.#rows} rows`;
    if (count === this.#rows && column.smallest === column.largest) {
      return `is ${column.smallest} in every row`;
    }
    return undefined;
  }
}

function createColumn(path: readonly string[]): Column {
  return {
    path,
    present: 0,
    numbers: 0,
    booleans: 0,
    lists: 0,
    words: 0,
    exampleWord: undefined,
    whole: true,
    smallest: Number.POSITIVE_INFINITY,
    largest: Number.NEGATIVE_INFINITY,
    values: [],
    distinct: new Set(),
    byLabel: new Map(),
    squares: 0,
  };
}

function addValue(column: Column, value: unknown, label: string): void {
  column.present += 1;
  if (column.distinct !== undefined) {
    const before = column.distinct.size;
    column.distinct.add(typeof value === "string" ? value : JSON.stringify(value));
    if (column.distinct.size === before) column.distinct = undefined;
  }
  const number = toNumber(value);
  if (number === undefined) {
    column.words += 1;
    column.exampleWord ??= String(value).slice(0, 60);
    return;
  }
  if (typeof value === "boolean") column.booleans += 1;
  else if (Array.isArray(value)) column.lists += 1;
  else column.numbers += 1;
  if (!Number.isInteger(number)) column.whole = false;
  column.smallest = Math.min(column.smallest, number);
  column.largest = Math.max(column.largest, number);
  if (column.values.length < KEPT_VALUES) column.values.push(number);
  const ofLabel = column.byLabel.get(label) ?? { count: 0, sum: 0 };
  column.byLabel.set(label, { count: ofLabel.count + 1, sum: ofLabel.sum + number });
  column.squares += number * number;
}

/** Returns the number that the feature extractor reads, whatever the kind of the column. */
function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return value ? 1 : 0;
  return Array.isArray(value) ? value.length : undefined;
}

function findMainKind(column: Column): { kind: FeatureDeclaration["kind"] | "words"; count: number } {
  const kinds = [
    { kind: "number", count: column.numbers },
    { kind: "boolean", count: column.booleans },
    { kind: "length", count: column.lists },
    { kind: "words", count: column.words },
  ] as const;
  return kinds.reduce((best, one) => (one.count > best.count ? one : best));
}

function toFeature(column: Column, name: string): FeatureDeclaration {
  const path = column.path.join(".");
  const median = column.values.sort((a, b) => a - b)[Math.floor((column.values.length - 1) / 2)]!;
  const { kind } = findMainKind(column);
  switch (kind) {
    case "boolean":
      return { name, path, kind, default: median === 1 };
    case "length":
      return { name, path, kind, default: median, min: 0 };
    default:
      // Only the natural bound of counts and shares: any other could clamp future values.
      return { name, path, kind: "number", default: median, ...(column.smallest >= 0 ? { min: 0 } : {}) };
  }
}

/** Computes |Pearson's correlation| of the column's numbers with "the label is positive"; 0 if it is not defined. */
function computeCorrelation(column: Column, positive: string): number {
  let count = 0;
  let sum = 0;
  for (const one of column.byLabel.values()) {
    count += one.count;
    sum += one.sum;
  }
  const ofPositive = column.byLabel.get(positive) ?? { count: 0, sum: 0 };
  const variance = column.squares / count - (sum / count) ** 2;
  const share = ofPositive.count / count;
  const spread = Math.sqrt(variance * share * (1 - share));
  return spread > 0 ? Math.abs(ofPositive.sum / count - (sum / count) * share) / spread : 0;
}

/** Returns the labels in ascending order, numerically if all are numbers. */
function sortLabels(labels: readonly string[]): string[] {
  const numeric = labels.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  const byName = (a: string, b: string): number => (a < b ? -1 : 1);
  return [...labels].sort(numeric ? (a, b) => Number(a) - Number(b) || byName(a, b) : byName);
}

/** Converts a file name to an agent name. */
export function toAgentName(fileName: string): string {
  return toPlainName(fileName.replace(/\.[^.]*$/, ""), "agent_", "_");
}

/** Converts column names to feature names. If two become equal, their special characters are written as code points. */
export function featureNames(columns: readonly string[]): string[] {
  const plain = columns.map((column) => toPlainName(column, "f_", "_"));
  const spelt = columns.map((column, at) =>
    plain.indexOf(plain[at]!) === plain.lastIndexOf(plain[at]!)
      ? plain[at]!
      : toPlainName(column, "f_", undefined),
  );
  return makeDistinct(spelt.map((name) => ({ name }))).map(({ name }) => name);
}

function toPlainName(text: string, prefix: string, sign: string | undefined): string {
  const name = text
    .trim()
    .toLowerCase()
    .replace(
      /[^a-z0-9_]+/g,
      (run) => sign ?? `_${[...run].map((one) => `x${one.codePointAt(0)!.toString(16)}`).join("_")}_`,
    )
    .replace(/_{2,}/g, "_")
    .replace(/^_+|_+$/g, "");
  return (/^[a-z]/.test(name) ? name : `${prefix}${name}`).slice(0, 63).replace(/_+$/, "");
}

/** Appends _2, _3, … to repeated names. */
function makeDistinct<Named extends { readonly name: string }>(named: readonly Named[]): Named[] {
  const used = new Set<string>();
  return named.map((one) => {
    let name = one.name;
    for (let again = 2; used.has(name); again++) {
      const suffix = `_${again}`;
      name = `${one.name.slice(0, 63 - suffix.length)}${suffix}`;
    }
    used.add(name);
    return { ...one, name };
  });
}
