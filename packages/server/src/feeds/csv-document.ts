/**
 * Converts lines of a CSV file to documents: known columns become fields, `payload.x` and all other columns become the
 * payload. `docs/signals.md` lists the columns of each kind.
 */

import { createHash } from "node:crypto";
import type { SignalKind } from "@relearn/contract";
import { findSimilarColumn } from "@relearn/contract/table";
import { canonicalJson } from "../canonical-json.ts";
import { RelearnError, unreachable } from "../errors.ts";
import { type RecordFault, recordFault } from "../rejection.ts";

export type ImportKind = SignalKind | "examples";

export interface CsvMapping {
  readonly kind: ImportKind;
  /** Agent of lines that name none. */
  readonly agent?: string | undefined;
  /** Gold and examples: column of the label. Every other column but `key` is then payload. */
  readonly label?: string | undefined;
  /** Gold and examples: column of the key; by default the key is a digest of the payload. */
  readonly key?: string | undefined;
}

export type CsvDocument =
  | { readonly document: Readonly<Record<string, unknown>> }
  | { readonly fault: RecordFault };

const fieldsByKind: Readonly<Record<ImportKind, readonly string[]>> = {
  approvals: [
    "agent",
    "task_key",
    "request_id",
    "action",
    "status",
    "decided_by",
    "notes",
    "requested_at",
    "decided_at",
  ],
  feedback: ["agent", "event_id", "thumb", "occurred_at", "task_key", "decision", "person", "notes"],
  gold: ["agent", "task_key", "label", "notes", "created_at"],
  evaluations: ["agent", "task_key", "result_id", "decision", "created_at"],
  exposures: ["agent", "rollout_id", "unit_id", "arm", "basis_points", "generation", "bundle_id", "at"],
  outcomes: [
    "agent",
    "rollout_id",
    "unit_id",
    "outcome_id",
    "task_key",
    "quality",
    "latency_ms",
    "cost",
    "success",
    "at",
  ],
  examples: [
    "agent",
    "key",
    "label",
    "source",
    "source_id",
    "confidence",
    "notes",
    "labeled_by",
    "created_at",
  ],
};
/** Kinds that a table of labeled rows can be imported as, and the name of their key field. */
const keyFields: Readonly<Partial<Record<ImportKind, string>>> = { gold: "task_key", examples: "key" };
/** Kinds for which `--label` and `--key` may name columns. */
export const tableKinds: readonly ImportKind[] = ["gold", "examples"];
const withoutPayload: ReadonlySet<ImportKind> = new Set(["exposures", "outcomes"]);
/** Fields that are not text: their cells are read as numbers and booleans; other values are rejected later. */
const typedFields = new Set([
  "confidence",
  "basis_points",
  "generation",
  "quality",
  "latency_ms",
  "cost",
  "success",
]);

type Target =
  | { readonly to: "field"; readonly name: string }
  | { readonly to: "payload"; readonly path: readonly string[] }
  | { readonly to: "whole"; readonly name: "payload" | "judge_scores" }
  | { readonly to: "judge"; readonly judge: string; readonly part: "verdict" | "confidence" };

/** Meaning of a column: `field label`, `payload.risk_score`, `verdict of the judge a`. */
export interface ColumnMeaning {
  readonly column: string;
  readonly becomes: string;
}

export function columnMeanings(header: readonly string[], mapping: CsvMapping): ColumnMeaning[] {
  return header.map((column) => {
    const target = findTarget(column, mapping, header);
    switch (target.to) {
      case "field":
        return { column, becomes: `field ${target.name}` };
      case "payload":
        return { column, becomes: `payload.${target.path.join(".")}` };
      case "whole":
        return { column, becomes: `${target.name}, as JSON` };
      case "judge":
        return { column, becomes: `${target.part} of the judge ${target.judge}` };
      default:
        return unreachable(target);
    }
  });
}

/**
 * Reads a header and returns a function that converts the cells of a line. Throws `invalid_input` if the header has a
 * column that the kind does not have, or not the column of `--label` or `--key`. `header`: distinct column names.
 */
export function rowReader(
  header: readonly string[],
  mapping: CsvMapping,
): (cells: readonly string[]) => CsvDocument {
  for (const [option, column] of [
    ["--label", mapping.label],
    ["--key", mapping.key],
  ] as const) {
    if (column !== undefined && !header.includes(column)) {
      const similar = findSimilarColumn(header, column);
      throw headerError(
        `has no column "${column}" for ${option}${similar === undefined ? "" : `; did you mean "${similar}"?`}`,
        header,
      );
    }
  }
  const targets = header.map((name) => findTarget(name, mapping, header));
  refuseOverlaps(targets, header);
  return (cells) => readLine(targets, cells, mapping);
}

function findTarget(name: string, mapping: CsvMapping, header: readonly string[]): Target {
  const { kind, label, key } = mapping;
  const keyField = keyFields[kind];
  if (keyField !== undefined) {
    if (name === label) return { to: "field", name: "label" };
    if (name === key) return { to: "field", name: keyField };
    if (label !== undefined) return { to: "payload", path: toPath(name) };
  }
  if (fieldsByKind[kind].includes(name)) return { to: "field", name };
  if (withoutPayload.has(kind)) {
    throw headerError(
      `has the column "${name}", which ${kind} do not have; they have ${fieldsByKind[kind].join(", ")}`,
      header,
    );
  }
  if (name === "payload") return { to: "whole", name };
  if (kind === "evaluations") {
    if (name === "judge_scores") return { to: "whole", name };
    const judged = /^judge\.(.+)\.(verdict|confidence)$/.exec(name);
    if (judged !== null) {
      return { to: "judge", judge: judged[1]!, part: judged[2] as "verdict" | "confidence" };
    }
  }
  return { to: "payload", path: toPath(name.startsWith("payload.") ? name.slice("payload.".length) : name) };
}

/** Splits a name at dots, as in the paths of features; a name with an empty part is kept whole. */
function toPath(name: string): string[] {
  const parts = name.split(".");
  return parts.includes("") ? [name] : parts;
}

function refuseOverlaps(targets: readonly Target[], header: readonly string[]): void {
  const paths = new Map<string, string>();
  targets.forEach((target, column) => {
    if (target.to === "payload") paths.set(JSON.stringify(target.path), header[column]!);
  });
  targets.forEach((target, column) => {
    if (target.to !== "payload") return;
    for (let length = 1; length < target.path.length; length++) {
      const outer = paths.get(JSON.stringify(target.path.slice(0, length)));
      if (outer !== undefined) {
        throw headerError(
          `has the columns "${outer}" and "${header[column]}"; a path cannot hold both a value and an object`,
          header,
        );
      }
    }
  });
}

function readLine(targets: readonly Target[], cells: readonly string[], mapping: CsvMapping): CsvDocument {
  const document: Record<string, unknown> = {};
  let payload: Record<string, unknown> = {};
  const judges: Record<string, Record<string, unknown>> = {};
  for (let column = 0; column < cells.length; column++) {
    const cell = cells[column]!;
    if (cell === "") continue;
    const target = targets[column]!;
    switch (target.to) {
      case "field":
        document[target.name] = typedFields.has(target.name) ? cellValue(cell) : cell;
        break;
      case "judge":
        setOwn(judges, target.judge, {
          ...judges[target.judge],
          [target.part]: target.part === "confidence" ? cellValue(cell) : cell,
        });
        break;
      case "whole": {
        const value = cellValue(cell);
        if (typeof value !== "object") return fault([target.name], cell, "must be a JSON object");
        if (target.name === "payload") payload = { ...value, ...payload };
        else document["judge_scores"] = value;
        break;
      }
      case "payload": {
        const value = cellValue(cell);
        if (value === undefined) break;
        if (typeof value === "number" && !Number.isFinite(value)) {
          return fault(["payload", ...target.path], cell, "must be a finite number");
        }
        setPath(payload, target.path, value);
      }
    }
  }
  if (document["agent"] === undefined && mapping.agent !== undefined) document["agent"] = mapping.agent;
  if (Object.keys(judges).length > 0) document["judge_scores"] = judges;
  if (withoutPayload.has(mapping.kind)) return { document };
  if (mapping.kind !== "feedback" || Object.keys(payload).length > 0) document["payload"] = payload;
  const keyField = keyFields[mapping.kind];
  // Examples, and tables with --label, need no key; golden tasks in their own format have one.
  const mayLackKey = mapping.kind === "examples" || mapping.label !== undefined;
  if (keyField !== undefined && mayLackKey && mapping.key === undefined && document[keyField] === undefined) {
    document[keyField] = toRowKey(payload);
  }
  return { document };
}

/**
 * Converts an object of a JSONL file to a document under `--label`: label and key by name, everything else payload.
 */
export function rowDocument(
  row: Readonly<Record<string, unknown>>,
  mapping: CsvMapping,
): Readonly<Record<string, unknown>> {
  const { kind, agent, label, key } = mapping;
  const payload: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (name !== label && name !== key) setOwn(payload, name, value);
  }
  const getText = (name: string): unknown => {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    // Labels and keys are names: a class 1 and a key 17 become text.
    return typeof value === "number" || typeof value === "boolean" ? String(value) : (value ?? undefined);
  };
  return {
    ...(agent === undefined ? {} : { agent }),
    [keyFields[kind]!]: key === undefined ? toRowKey(payload) : getText(key),
    ...(label === undefined ? {} : { label: getText(label) }),
    payload,
  };
}

/** Returns the key of a row without one. Equal rows have equal keys, so they are one example in one fold. */
function toRowKey(payload: Record<string, unknown>): string {
  return `row-${createHash("sha256").update(canonicalJson(payload)).digest("hex").slice(0, 24)}`;
}

const DECIMAL = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/**
 * Parses a cell. Decimal numbers become numbers, unless they are names: 007, or more digits than a number holds exactly.
 * true and false become booleans, JSON lists and objects are parsed, and NaN, a missing value, becomes `undefined`.
 * Infinities are returned for the caller to reject. Everything else is text.
 */
export function cellValue(cell: string): unknown {
  if (DECIMAL.test(cell)) {
    const number = Number(cell);
    return Number.isInteger(number) && !Number.isSafeInteger(number) && /^[+-]?\d+$/.test(cell)
      ? cell
      : number;
  }
  if (/^(?:true|false)$/i.test(cell)) return cell.toLowerCase() === "true";
  if (/^nan$/i.test(cell)) return undefined;
  if (INFINITE.test(cell)) {
    return cell.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (cell.startsWith("[") || cell.startsWith("{")) {
    try {
      return JSON.parse(cell);
    } catch {
      return cell;
    }
  }
  return cell;
}

function setPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = target;
  for (const part of path.slice(0, -1)) {
    const held = Object.hasOwn(at, part) ? at[part] : undefined;
    if (typeof held === "object" && held !== null && !Array.isArray(held)) {
      at = held as Record<string, unknown>;
    } else {
      const made: Record<string, unknown> = {};
      setOwn(at, part, made);
      at = made;
    }
  }
  setOwn(at, path.at(-1)!, value);
}

/** Sets an own member, also for a column named `__proto__`. */
function setOwn(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

function fault(path: readonly string[], value: string, message: string): CsvDocument {
  return { fault: recordFault("invalid", path, value, message) };
}

function headerError(fault: string, header: readonly string[]): RelearnError {
  const named = header.slice(0, 100).join(", ");
  return new RelearnError(
    "invalid_input",
    `The header line ${fault}. Its columns are ${named}${header.length > 100 ? ", …" : ""}.`,
    { details: { columns: header } },
  );
}
