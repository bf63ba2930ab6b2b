import { createHash } from "node:crypto";
import { type FeatureExtractor, prepareFeatures } from "@relearn/client";
import type { AgentDefinition } from "@relearn/contract";
import { canonicalJson } from "../canonical-json.ts";
import { RelearnError } from "../errors.ts";
import { SOURCE_PRIORITY, type TrainingExample } from "./training-example.ts";
import { MAX_CLASSES, type TrainingTable } from "./training-table.ts";

/** Training rows, and counts of the examples that are not used. */
export interface SelectedRows extends TrainingTable {
  readonly labelDistribution: Readonly<Record<string, number>>;
  readonly sourcesUsed: readonly string[];
  /** Examples left out, by reason; only reasons that occurred. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly examples: number;
  /** SHA-256 of the rows in their order; see `TrainingRows`. */
  readonly trainingDigest: string;
  /** Fold of each row by `getFold`; null if the rows were made without it. */
  readonly folds: Uint8Array | null;
  /** Time of each row's label in ms since 1970; null if the rows were made without times. */
  readonly times: Float64Array | null;
}

/**
 * Selects the training rows from examples in any order. Use `TrainingRows` for more examples than fit in memory.
 *
 * @example
 * const features = [{ name: "risk", path: "risk", kind: "number", default: 0 }];
 * const definition = { name: "triage", features, classes: ["safe", "quarantine"] };
 * const example = { key: "mail-1", payload: { risk: 12 }, label: "safe", source: "gold", source_id: "1", confidence: 50, created_at: new Date(0) };
 * const reviewed = { ...example, label: "quarantine", source: "review" };
 * const rows = selectTrainingRows(definition, [example, reviewed, { ...example, key: "mail-2", label: "spam" }]);
 * rows.table.columns // [[12]]
 * rows.labelDistribution // { quarantine: 1 }
 * rows.weights // [0.5]
 * rows.leftOut // { shadowed: 1, unmapped_label: 1 }
 */
export function selectTrainingRows(
  definition: AgentDefinition,
  examples: readonly TrainingExample[],
): SelectedRows {
  const rows = new TrainingRows(definition, examples.length);
  rows.add([...examples].sort((a, b) => compareCodePoints(a.key, b.key)));
  return rows.finish();
}

/**
 * Builds the training rows from pages of examples, so that millions of examples need not be in memory as objects. Call
 * `add` with pages in ascending order of key (by code points, PostgreSQL's collation "C"; the examples of one key in any
 * order), then `finish`.
 *
 * There is one row per key. An example cannot be used if its label is neither mapped nor a class (`unmapped_label`), if its
 * payload has none of the agent's features (`no_features`), or with confidence 0 (`zero_confidence`). Of the others, the
 * one of the first source in SOURCE_PRIORITY is used, then the newest, then the one with the lowest source_id; the rest is
 * `shadowed`. The weight is confidence/100.
 *
 * The digest covers key, class, source, source_id, confidence and the feature values of each row, which is all that a model
 * depends on. It does not depend on the order of insertion.
 */
export class TrainingRows {
  readonly #definition: AgentDefinition;
  readonly #extractor: FeatureExtractor;
  readonly #width: number;
  readonly #toClass: (label: string) => string | undefined;
  #capacity: number;
  #columns: Float64Array[];
  #labels: Uint16Array;
  #confidences: Float64Array;
  readonly #getFold: ((key: string) => number) | undefined;
  #folds: Uint8Array;
  readonly #times: number[] | null;
  #rows = 0;
  #examples = 0;
  readonly #classIndex = new Map<string, number>();
  readonly #leftOut = new Map<string, number>();
  readonly #sources = new Set<string>();
  readonly #hash = createHash("sha256");
  readonly #values: Float64Array;
  #key: string | undefined;
  #candidates: TrainingExample[] = [];

  /**
   * `expected`: estimated number of rows, for the initial size of the columns. `getFold`: returns the fold of a key, which
   * is stored with the row. `withTimes`: also stores when the label was given.
   */
  constructor(
    definition: AgentDefinition,
    expected = 1024,
    getFold?: (key: string) => number,
    withTimes = false,
  ) {
    this.#times = withTimes ? [] : null;
    this.#definition = definition;
    this.#extractor = prepareFeatures(definition.features);
    this.#width = definition.features.length;
    this.#values = new Float64Array(this.#width);
    this.#toClass = createLabelMapper(definition);
    this.#capacity = Math.max(16, expected);
    this.#columns = definition.features.map(() => createSharedColumn(this.#capacity));
    this.#labels = new Uint16Array(this.#capacity);
    this.#confidences = new Float64Array(this.#capacity);
    this.#getFold = getFold;
    this.#folds = new Uint8Array(getFold === undefined ? 0 : this.#capacity);
    for (const name of definition.classes ?? []) this.#classIndex.set(name, this.#classIndex.size);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Adds a page. Throws `training_failed` for more than 100 classes, `internal` if the keys are not in ascending order. */
  add(page: readonly TrainingExample[]): void {
    for (const example of page) {
      if (example.key !== this.#key) {
        if (this.#key !== undefined && compareCodePoints(example.key, this.#key) < 0) {
          throw new RelearnError(
            "internal",
            `Training rows must come in ascending order of key (collation "C"): "${example.key}" came after "${this.#key}".`,
          );
        }
        this.#finishKey();
        this.#key = example.key;
      }
      this.#candidates.push(example);
    }
  }

  /** Completes the last key and returns the table. Call it once. */
  finish(): SelectedRows {
    this.#finishKey();
    const rows = this.#rows;
    const found = this.#listClasses();
    const place = new Int32Array(this.#classIndex.size).fill(-1);
    found.forEach((name, index) => {
      place[this.#classIndex.get(name)!] = index;
    });
    const labels = this.#labels.subarray(0, rows).map((label) => place[label]!);
    const distribution: Record<string, number> = Object.fromEntries(found.map((name) => [name, 0]));
    for (const label of labels) distribution[found[label]!]! += 1;
    const confidences = this.#confidences.subarray(0, rows);
    return {
      featureNames: this.#extractor.names,
      table: { rows, columns: this.#columns.map((column) => column.subarray(0, rows)) },
      classes: found,
      labels,
      weights: confidences.every((confidence) => confidence === 100)
        ? null
        : confidences.map((confidence) => confidence / 100),
      groups: null,
      labelDistribution: distribution,
      sourcesUsed: [...this.#sources].sort(),
      leftOut: Object.fromEntries([...this.#leftOut].sort(([a], [b]) => (a < b ? -1 : 1))),
      examples: this.#examples,
      trainingDigest: this.#hash.digest("hex"),
      folds: this.#getFold === undefined ? null : this.#folds.slice(0, rows),
      times: this.#times === null ? null : Float64Array.from(this.#times),
    };
  }

  /** Lists the classes with at least one row, in the definition's order, or sorted if it names none. */
  #listClasses(): string[] {
    const counts = new Float64Array(this.#classIndex.size);
    for (let row = 0; row < this.#rows; row++) counts[this.#labels[row]!]! += 1;
    const found = [...this.#classIndex.keys()].filter((name) => counts[this.#classIndex.get(name)!]! > 0);
    return this.#definition.classes === undefined ? found.sort() : found;
  }

  /** Selects the example of the current key that is used. */
  #finishKey(): void {
    const candidates = this.#candidates;
    if (candidates.length === 0) return;
    this.#candidates = [];
    this.#examples += candidates.length;
    if (candidates.length > 1) candidates.sort(compareByPriority);
    this.#grow();
    let isFound = false;
    for (const example of candidates) {
      const name = this.#toClass(example.label);
      if (name === undefined) this.#leaveOut("unmapped_label");
      else if (!(example.confidence > 0)) this.#leaveOut("zero_confidence");
      else if (this.#extractor.extractInto(example.payload, this.#values) === 0)
        this.#leaveOut("no_features");
      else if (isFound) this.#leaveOut("shadowed");
      else {
        this.#addRow(example, name);
        isFound = true;
      }
    }
  }

  #addRow(example: TrainingExample, name: string): void {
    let label = this.#classIndex.get(name);
    if (label === undefined) {
      label = this.#classIndex.size;
      if (label === MAX_CLASSES) throw createTooManyClassesError(this.#definition.name);
      this.#classIndex.set(name, label);
    }
    const row = this.#rows;
    for (let column = 0; column < this.#width; column++) {
      this.#columns[column]![row] = this.#values[column]!;
    }
    this.#labels[row] = label;
    this.#confidences[row] = example.confidence;
    if (this.#getFold !== undefined) this.#folds[row] = this.#getFold(example.key);
    this.#times?.push(toTime(example.created_at));
    this.#rows = row + 1;
    this.#sources.add(example.source);
    this.#hash.update(
      `${canonicalJson([example.key, name, example.source, example.source_id, example.confidence])}\n`,
    );
    this.#hash.update(new Uint8Array(this.#values.buffer));
  }

  #grow(): void {
    if (this.#rows < this.#capacity) return;
    this.#capacity = Math.ceil(this.#capacity * 1.5);
    for (let column = 0; column < this.#width; column++) {
      const grown = createSharedColumn(this.#capacity);
      grown.set(this.#columns[column]!);
      this.#columns[column] = grown;
    }
    const labels = new Uint16Array(this.#capacity);
    labels.set(this.#labels);
    this.#labels = labels;
    const confidences = new Float64Array(this.#capacity);
    confidences.set(this.#confidences);
    this.#confidences = confidences;
    if (this.#getFold !== undefined) {
      const folds = new Uint8Array(this.#capacity);
      folds.set(this.#folds);
      this.#folds = folds;
    }
  }

  #leaveOut(reason: string): void {
    this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
  }
}

function createTooManyClassesError(agent: string): RelearnError {
  return new RelearnError(
    "training_failed",
    `Training failed: the examples of ${agent} have more than ${MAX_CLASSES} different labels. Name its classes in the definition, or map its labels to some with label_map.`,
    { details: { agent, most_classes: MAX_CLASSES } },
  );
}

/** Creates a column that a training thread can share, so that large tables are not copied. */
function createSharedColumn(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length));
}

/**
 * Creates a function that returns the class of a raw label: by the label map, else the label itself if it is a class
 * (every label is one if the definition names none), else the class of `*`. `undefined` if there is none.
 *
 * @example
 * const toClass = createLabelMapper({ classes: ["safe", "quarantine"], label_map: { Offer: "safe", "*": "quarantine" } });
 * [toClass("Offer"), toClass("safe"), toClass("Phishing")] // ["safe", "safe", "quarantine"]
 */
export function createLabelMapper(
  definition: Pick<AgentDefinition, "classes" | "label_map">,
): (label: string) => string | undefined {
  const map = new Map(Object.entries(definition.label_map ?? {}));
  const classes = definition.classes === undefined ? undefined : new Set(definition.classes);
  const rest = map.get("*");
  return (label) => {
    const mapped = label === "*" ? undefined : map.get(label);
    if (mapped !== undefined) return mapped;
    if (classes === undefined) return rest ?? label;
    return classes.has(label) ? label : rest;
  };
}

function compareByPriority(a: TrainingExample, b: TrainingExample): number {
  return (
    getPriority(a.source) - getPriority(b.source) ||
    toTime(b.created_at) - toTime(a.created_at) ||
    compareCodePoints(a.source, b.source) ||
    compareCodePoints(a.source_id, b.source_id) ||
    compareCodePoints(a.label, b.label)
  );
}

function getPriority(source: string): number {
  const place = SOURCE_PRIORITY.indexOf(source);
  return place === -1 ? SOURCE_PRIORITY.length : place;
}

function toTime(time: Date | string): number {
  return typeof time === "string" ? Date.parse(time) : time.getTime();
}

/**
 * Compares by Unicode code points, the order of UTF-8 bytes and of PostgreSQL's collation "C". Negative if `a` comes first.
 *
 * @example
 * ["\u{1F600}", "\uFF5E", "a"].sort(compareCodePoints) // ["a", "\uFF5E", "\u{1F600}"]
 */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Ranks surrogates, which encode code points above U+FFFF, after all other code units. */
function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}
