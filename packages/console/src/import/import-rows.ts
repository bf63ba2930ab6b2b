/** What each column becomes, and the examples that a table then makes. */
import type { AgentDefinition } from "@relearn/contract";
import { isConfidence } from "./confidence.ts";
import type { ImportTable } from "./parse-table.ts";

export const targets = ["key", "label", "confidence", "feature", "payload", "note", "nothing"] as const;
export type ImportTarget = (typeof targets)[number];

export type Mapping = Readonly<Record<string, ImportTarget>>;

/** What a column most likely is, by its name and the agent's features. */
export function guessMapping(table: ImportTable, agent: AgentDefinition): Mapping {
  const paths = new Set(agent.features.map((feature) => feature.path));
  const names = new Set(agent.features.map((feature) => feature.name));
  const taken = new Set<ImportTarget>();
  return Object.fromEntries(
    table.columns.map((column) => {
      const guess = guessTarget(column.toLowerCase());
      if (guess !== undefined && !taken.has(guess)) {
        taken.add(guess);
        return [column, guess];
      }
      if (paths.has(column) || names.has(column)) return [column, "feature" as const];
      return [column, "nothing" as const];
    }),
  );
}

function guessTarget(column: string): ImportTarget | undefined {
  if (["key", "id", "task_key", "message_id"].includes(column)) return "key";
  if (["label", "class", "answer"].includes(column)) return "label";
  if (column === "confidence") return "confidence";
  if (column === "payload") return "payload";
  if (["note", "notes", "comment"].includes(column)) return "note";
  return undefined;
}

export interface ImportDraft {
  readonly agent: string;
  readonly key: string;
  readonly label: string;
  readonly source: "gold" | "synthetic";
  readonly payload: Readonly<Record<string, unknown>>;
  readonly confidence?: number;
  readonly notes?: string;
}

export interface ImportPreview {
  /** Each with its place in the file. */
  readonly drafts: readonly { readonly row: number; readonly draft: ImportDraft }[];
  /** Place in the file, and why the row makes no example. */
  readonly rejected: readonly { readonly row: number; readonly reason: string }[];
  /** What keeps the whole table from being imported. */
  readonly fault: string | null;
}

export function previewImport(
  table: ImportTable,
  mapping: Mapping,
  agent: AgentDefinition,
  source: "gold" | "synthetic",
): ImportPreview {
  const findColumn = (target: ImportTarget) => table.columns.find((column) => mapping[column] === target);
  const keyColumn = findColumn("key");
  const labelColumn = findColumn("label");
  if (keyColumn === undefined) return { drafts: [], rejected: [], fault: "No column becomes the key." };
  if (labelColumn === undefined) return { drafts: [], rejected: [], fault: "No column becomes the label." };
  const confidenceColumn = findColumn("confidence");
  const payloadColumn = findColumn("payload");
  const noteColumn = findColumn("note");
  const featureColumns = table.columns.filter((column) => mapping[column] === "feature");
  const toDraft = (row: ImportTable["rows"][number]): ImportDraft | string => {
    const key = toText(row[keyColumn]);
    const label = toText(row[labelColumn]);
    if (key === "") return "no key";
    if (label === "") return "no label";
    const confidence = confidenceColumn === undefined ? "" : toText(row[confidenceColumn]);
    if (confidence !== "" && !isConfidence(confidence)) {
      return `confidence ${confidence}: give a whole number from 0 to 100`;
    }
    const payload = payloadColumn === undefined ? {} : toPayload(row[payloadColumn]);
    if (payload === null) return "the payload is no JSON object";
    for (const column of featureColumns) setPath(payload, toPath(column, agent), cellValue(row[column]));
    const notes = noteColumn === undefined ? "" : toText(row[noteColumn]);
    return {
      agent: agent.name,
      key,
      label,
      source,
      payload,
      ...(confidence === "" ? {} : { confidence: Number(confidence) }),
      ...(notes === "" ? {} : { notes }),
    };
  };
  const drafts: { row: number; draft: ImportDraft }[] = [];
  const rejected = [...table.rejected];
  for (const [index, row] of table.rows.entries()) {
    const draft = toDraft(row);
    const place = table.places[index]!;
    if (typeof draft === "string") rejected.push({ row: place, reason: draft });
    else drafts.push({ row: place, draft });
  }
  return { drafts, rejected, fault: null };
}

export function toText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value.trim() : String(value);
}

export function toPayload(value: unknown): Record<string, unknown> | null {
  if (value === undefined || value === null || value === "") return {};
  let parsed: unknown = value;
  if (typeof value === "string") {
    try {
      parsed = JSON.parse(value);
    } catch {
      return null;
    }
  }
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
    ? { ...(parsed as Record<string, unknown>) }
    : null;
}

/** Cells of CSV are text: numbers, yes and no, and lists are read as what they are. */
export function cellValue(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const text = value.trim();
  if (text === "") return undefined;
  if (/^(true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?|\[.*\])$/s.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

function toPath(column: string, agent: AgentDefinition): string {
  return agent.features.find((feature) => feature.name === column)?.path ?? column;
}

function setPath(payload: Record<string, unknown>, path: string, value: unknown): void {
  if (value === undefined) return;
  const steps = path.split(".");
  const last = steps.pop();
  if (last === undefined) return;
  let place = payload;
  for (const step of steps) {
    const next = place[step];
    if (typeof next !== "object" || next === null || Array.isArray(next)) place[step] = {};
    place = place[step] as Record<string, unknown>;
  }
  place[last] = value;
}
