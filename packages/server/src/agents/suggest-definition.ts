import type { FeatureDeclaration } from "@relearn/client";
import type { AgentDefinition } from "@relearn/contract";
import { RelearnError } from "../errors.ts";

/** A definition that a table suggests, and what a person should know before taking it. */
export interface SuggestedDefinition {
  readonly definition: AgentDefinition;
  /** Columns left out and why, columns that look like a key, … */
  readonly notes: readonly string[];
  /** Rows with a label, by label. */
  readonly labels: Readonly<Record<string, number>>;
  /** A column that tells rows apart, for `--key`; where no key was given. */
  readonly likelyKey: string | undefined;
}

/** As many as a definition may have. */
const MAX_FEATURES = 1000;
const MAX_CLASSES = 100;
/** Values a column keeps for its median: enough for two digits, little enough for any file. */
const KEPT_VALUES = 20_000;
/** Boundaries a bundle shows in raw units; more of them nobody reads. */
const SUGGESTED_THRESHOLDS = 5;
/** A name that says "I tell rows apart". */
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
  /** Distinct values, as long as every row had another one. */
  distinct: Set<string> | undefined;
  /** Of the numbers by label: how many, and their sum; and the sum of all squares. */
  readonly byLabel: Map<string, { count: number; sum: number }>;
  squares: number;
}

/**
 * Reads labeled rows one by one and suggests an agent definition of them: a feature for each column of
 * numbers, truth values or lists, its default the median (so that a missing value pulls neither way), the
 * labels as classes, and thresholds for the number columns that go with the answer most (correlation).
 * The median is that of the first KEPT_VALUES values; everything else is of all rows.
 */
export class TableSurvey {
  readonly #columns = new Map<string, Column>();
  readonly #labels = new Map<string, number>();
  #rows = 0;
  #unlabeled = 0;

  /** One row: its payload, as it would be stored, and its label. */
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
        `The label column has more than ${MAX_CLASSES} different values; an agent has at most ${MAX_CLASSES} classes. Is it a number to predict? Give it as classes.`,
      );
    }
    this.#run(payload, [], label);
  }

  #run(payload: Readonly<Record<string, unknown>>, above: readonly string[], label: string): void {
    for (const [name, value] of Object.entries(payload)) {
      if (value === null || value === undefined) continue;
      const path = [...above, name];
      if (typeof value === "object" && !Array.isArray(value)) {
        this.#run(value as Readonly<Record<string, unknown>>, path, label);
        continue;
      }
      const key = JSON.stringify(path);
      const column = this.#columns.get(key) ?? newColumn(path);
      this.#columns.set(key, column);
      take(column, value, label);
    }
  }

  /**
   * The suggestion. `positive`: the label that thresholds are about; left out, the last. `hasKey`: the
   * rows' key is known. Throws `invalid_input` where the rows make no definition.
   */
  suggest(
    name: string,
    options: { readonly positive?: string | undefined; readonly hasKey?: boolean },
  ): SuggestedDefinition {
    const classes = sortedLabels([...this.#labels.keys()]);
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
    if (this.#unlabeled > 0) notes.push(`${this.#unlabeled} rows have no label and were passed over.`);
    const { chosen, likelyKey } = this.#choose(options.hasKey === true, notes);
    if (chosen.length === 0) {
      throw new RelearnError("invalid_input", `No column can be a feature. ${notes.join(" ")}`.trimEnd());
    }
    const names = featureNames(chosen.map((column) => column.path.join(".")));
    const features = chosen.map((column, at) => toFeature(column, names[at]!));
    const thresholds = chosen
      .map((column, at) => ({ column, feature: features[at]!, strength: correlation(column, positive) }))
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
        ...(thresholds.length === 0 ? {} : { thresholds: distinctNames(thresholds) }),
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
      const said = column.path.join(".");
      const isKey = this.#isKey(column);
      if (isKey && !hasKey) likelyKey ??= said;
      const fault = isKey
        ? "has another value in every row and is named like a key: it tells rows apart and teaches nothing"
        : this.#faultOf(column);
      if (fault !== undefined) notes.push(`${said} is left out: it ${fault}.`);
      else if (chosen.length === MAX_FEATURES)
        notes.push(`${said} is left out: an agent has at most ${MAX_FEATURES} features.`);
      else {
        chosen.push(column);
        const other = column.present - mainKind(column).count;
        if (other > 0) {
          notes.push(
            `${said}: ${other} rows hold something else than the others (e.g. ${JSON.stringify(column.exampleWord ?? "a value of another kind")}); the default is taken there.`,
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

  /** Why a column cannot be a feature. */
  #faultOf(column: Column): string | undefined {
    if (column.path.some((part) => part === "" || part.includes(".") || /^\s/.test(part))) {
      return "has a name that no path can say (an empty part, a dot within, or a space before)";
    }
    if (column.path.join(".").length > 200) return "has a name of more than 200 characters";
    const { kind, count } = mainKind(column);
    if (kind === "words") {
      return `holds words, not numbers (e.g. ${JSON.stringify(column.exampleWord)}); encode it as numbers, e.g. one 0/1 column a word`;
    }
    const missing = this.#rows - column.present;
    if (missing > this.#rows / 2) return `is missing in ${missing} of ${this.#rows} rows`;
    if (count === this.#rows && column.smallest === column.largest) {
      return `is ${column.smallest} in every row`;
    }
    return undefined;
  }
}

function newColumn(path: readonly string[]): Column {
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

function take(column: Column, value: unknown, label: string): void {
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

/** What the feature extractor would read, whichever kind the column turns out to be. */
function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return value ? 1 : 0;
  return Array.isArray(value) ? value.length : undefined;
}

function mainKind(column: Column): { kind: FeatureDeclaration["kind"] | "words"; count: number } {
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
  const { kind } = mainKind(column);
  switch (kind) {
    case "boolean":
      return { name, path, kind, default: median === 1 };
    case "length":
      return { name, path, kind, default: median, min: 0 };
    default:
      // Only the bound that counts and shares have by nature: any other would clamp tomorrow's values.
      return { name, path, kind: "number", default: median, ...(column.smallest >= 0 ? { min: 0 } : {}) };
  }
}

/** |Pearson's correlation| of the column's numbers with "the label is positive"; 0 where there is none. */
function correlation(column: Column, positive: string): number {
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

/** In ascending order, by number where all are numbers. */
function sortedLabels(labels: readonly string[]): string[] {
  const numeric = labels.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  const byName = (a: string, b: string): number => (a < b ? -1 : 1);
  return [...labels].sort(numeric ? (a, b) => Number(a) - Number(b) || byName(a, b) : byName);
}

/** What an agent may be called after a file. */
export function toAgentName(fileName: string): string {
  return plainName(fileName.replace(/\.[^.]*$/, ""), "agent_", "_");
}

/** Plain names for columns; where two would be alike, the signs in them are spelt by their code point. */
export function featureNames(columns: readonly string[]): string[] {
  const plain = columns.map((column) => plainName(column, "f_", "_"));
  const spelt = columns.map((column, at) =>
    plain.indexOf(plain[at]!) === plain.lastIndexOf(plain[at]!)
      ? plain[at]!
      : plainName(column, "f_", undefined),
  );
  return distinctNames(spelt.map((name) => ({ name }))).map(({ name }) => name);
}

function plainName(text: string, prefix: string, sign: string | undefined): string {
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

/** Puts _2, _3, … behind names that were there already. */
function distinctNames<Named extends { readonly name: string }>(named: readonly Named[]): Named[] {
  const taken = new Set<string>();
  return named.map((one) => {
    let name = one.name;
    for (let again = 2; taken.has(name); again++) {
      const suffix = `_${again}`;
      name = `${one.name.slice(0, 63 - suffix.length)}${suffix}`;
    }
    taken.add(name);
    return { ...one, name };
  });
}
