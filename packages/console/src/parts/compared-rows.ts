import type { BundleDiff } from "@relearn/contract";
import { formatNumber } from "../format/numbers.ts";

export interface ComparedRow {
  readonly path: string;
  readonly old: string;
  readonly next: string;
}

/** Parts that a person decides on come first. */
const order = [
  "thresholds",
  "model_type",
  "positive",
  "classes",
  "label_map",
  "features",
  "evaluation",
  "coef",
  "tree",
];

/** Converts a diff to rows of text: changes, additions and removals, thresholds first. */
export function comparedRows(diff: BundleDiff): ComparedRow[] {
  const rows: ComparedRow[] = [
    ...Object.entries(diff.changes).map(([path, change]) => ({
      path,
      old: valueText(change.old),
      next: valueText(change.new),
    })),
    ...Object.entries(diff.additions).map(([path, value]) => ({
      path,
      old: "none",
      next: valueText(value),
    })),
    ...Object.entries(diff.removals).map(([path, value]) => ({
      path,
      old: valueText(value),
      next: "removed",
    })),
  ];
  return rows.sort((a, b) => rank(a.path) - rank(b.path) || a.path.localeCompare(b.path));
}

function rank(path: string): number {
  const at = order.indexOf(path.split(".")[0] ?? "");
  return at === -1 ? order.length : at;
}

function valueText(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  if (value === undefined || value === null) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
