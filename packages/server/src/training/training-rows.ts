import { createHash } from "node:crypto";
import { type FeatureExtractor, prepareFeatures } from "@relearn/client";
import type { AgentDefinition } from "@relearn/contract";
import { canonicalJson } from "../canonical-json.ts";
import { RelearnError } from "../errors.ts";
import { SOURCE_PRIORITY, type TrainingExample } from "./training-example.ts";
import { MAX_CLASSES, type TrainingTable } from "./training-table.ts";

/** The rows that train, and what became of the examples that do not. */
export interface SelectedRows extends TrainingTable {
  readonly labelDistribution: Readonly<Record<string, number>>;
  readonly sourcesUsed: readonly string[];
  /** Examples left out, by reason; only reasons that occurred. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly examples: number;
  /** SHA-256 of the rows in their order; see `TrainingRows`. */
  readonly trainingDigest: string;
  /** Each row's fold by `foldOf`; null where the rows were made without it. */
  readonly folds: Uint8Array | null;
  /** When each row's label was given, in ms; null where they were not asked for. */
  readonly times: Float64Array | null;
}

/** Picks the training rows out of examples in any order; for more than memory holds, `TrainingRows`. */
export function selectTrainingRows(
  definition: AgentDefinition,
  examples: readonly TrainingExample[],
): SelectedRows {
  const rows = new TrainingRows(definition, examples.length);
  rows.add([...examples].sort((a, b) => compareCodePoints(a.key, b.key)));
  return rows.finish();
}

/**
 * Builds the training rows from pages of examples, so that a million of them never stand in memory as
 * objects: feed pages in ascending order of key (by code points, PostgreSQL's collation "C"; the examples
 * of one key next to each other, in any order among themselves), then `finish`.
 *
 * One row a key. First each example is asked whether it can train at all: `unmapped_label` (the label is
 * neither mapped nor a class), `no_features` (none of the agent's features in the payload),
 * `zero_confidence`. Of those that can, the one of the first source in SOURCE_PRIORITY trains, the newest
 * first, then the lowest source_id; the others are `shadowed`. Its weight is confidence/100.
 *
 * The digest covers, row by row: key, class, source, source_id, confidence and the features' numbers, which
 * is all that a model can depend on. It does not depend on the order of insertion.
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
  readonly #foldOf: ((key: string) => number) | undefined;
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
   * `expected`: about how many rows will come, so that columns need not grow; more is no harm. `foldOf`: the
   * fold of a key, kept with its row. `withTimes`: when its label was given is kept too.
   */
  constructor(
    definition: AgentDefinition,
    expected = 1024,
    foldByRow?: (key: string) => number,
    withTimes = false,
  ) {
    this.#times = withTimes ? [] : null;
    this.#definition = definition;
    this.#extractor = prepareFeatures(definition.features);
    this.#width = definition.features.length;
    this.#values = new Float64Array(this.#width);
    this.#toClass = createLabelMapper(definition);
    this.#capacity = Math.max(16, expected);
    this.#columns = definition.features.map(() => sharedFloats(this.#capacity));
    this.#labels = new Uint16Array(this.#capacity);
    this.#confidences = new Float64Array(this.#capacity);
    this.#foldOf = foldByRow;
    this.#folds = new Uint8Array(foldByRow === undefined ? 0 : this.#capacity);
    for (const name of definition.classes ?? []) this.#classIndex.set(name, this.#classIndex.size);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Takes one page. Throws `training_failed` beyond 100 classes, `internal` where a key comes before one that was already taken. */
  add(page: readonly TrainingExample[]): void {
    for (const example of page) {
      if (example.key !== this.#key) {
        if (this.#key !== undefined && compareCodePoints(example.key, this.#key) < 0) {
          throw new RelearnError(
            "internal",
            `Training rows must come in ascending order of key (collation "C"): "${example.key}" came after "${this.#key}".`,
          );
        }
        this.#takeKey();
        this.#key = example.key;
      }
      this.#candidates.push(example);
    }
  }

  /** Ends the last key and gives the table; call it once. */
  finish(): SelectedRows {
    this.#takeKey();
    const rows = this.#rows;
    const found = this.#classesFound();
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
      folds: this.#foldOf === undefined ? null : this.#folds.slice(0, rows),
      times: this.#times === null ? null : Float64Array.from(this.#times),
    };
  }

  /** Classes with at least one row, in the definition's order, or sorted where it names none. */
  #classesFound(): string[] {
    const counts = new Float64Array(this.#classIndex.size);
    for (let row = 0; row < this.#rows; row++) counts[this.#labels[row]!]! += 1;
    const found = [...this.#classIndex.keys()].filter((name) => counts[this.#classIndex.get(name)!]! > 0);
    return this.#definition.classes === undefined ? found.sort() : found;
  }

  /** Decides which example of the present key trains. */
  #takeKey(): void {
    const candidates = this.#candidates;
    if (candidates.length === 0) return;
    this.#candidates = [];
    this.#examples += candidates.length;
    if (candidates.length > 1) candidates.sort(byPriority);
    this.#grow();
    let taken = false;
    for (const example of candidates) {
      const name = this.#toClass(example.label);
      if (name === undefined) this.#leave("unmapped_label");
      else if (!(example.confidence > 0)) this.#leave("zero_confidence");
      else if (this.#extractor.extractInto(example.payload, this.#values) === 0) this.#leave("no_features");
      else if (taken) this.#leave("shadowed");
      else {
        this.#take(example, name);
        taken = true;
      }
    }
  }

  #take(example: TrainingExample, name: string): void {
    let label = this.#classIndex.get(name);
    if (label === undefined) {
      label = this.#classIndex.size;
      if (label === MAX_CLASSES) throw tooManyClasses(this.#definition.name);
      this.#classIndex.set(name, label);
    }
    const row = this.#rows;
    for (let column = 0; column < this.#width; column++) {
      this.#columns[column]![row] = this.#values[column]!;
    }
    this.#labels[row] = label;
    this.#confidences[row] = example.confidence;
    if (this.#foldOf !== undefined) this.#folds[row] = this.#foldOf(example.key);
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
      const grown = sharedFloats(this.#capacity);
      grown.set(this.#columns[column]!);
      this.#columns[column] = grown;
    }
    const labels = new Uint16Array(this.#capacity);
    labels.set(this.#labels);
    this.#labels = labels;
    const confidences = new Float64Array(this.#capacity);
    confidences.set(this.#confidences);
    this.#confidences = confidences;
    if (this.#foldOf !== undefined) {
      const folds = new Uint8Array(this.#capacity);
      folds.set(this.#folds);
      this.#folds = folds;
    }
  }

  #leave(reason: string): void {
    this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
  }
}

function tooManyClasses(agent: string): RelearnError {
  return new RelearnError(
    "training_failed",
    `Training failed: the examples of ${agent} have more than ${MAX_CLASSES} different labels. Name its classes in the definition, or map its labels to some with label_map.`,
    { details: { agent, most_classes: MAX_CLASSES } },
  );
}

/** Shared, so that a training thread reads the very columns: a million rows must not be held twice. */
function sharedFloats(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length));
}

/**
 * The class that a raw label stands for, or undefined: by the label map, else the label itself where it is a
 * class (every label is where the definition names none), else what `*` stands for.
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

function byPriority(a: TrainingExample, b: TrainingExample): number {
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

/** Order by Unicode code points: that of UTF-8 bytes, and so of PostgreSQL's collation "C". */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Puts surrogates, which spell code points above U+FFFF, behind all other code units. */
function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}
