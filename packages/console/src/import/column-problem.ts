/** What is wrong with a column, or will be made of its odd values, in a sentence; "" where nothing is. */
import type { AgentDefinition } from "@relearn/contract";
import { formatAmount } from "../format/numbers.ts";
import { isConfidence } from "./confidence.ts";
import { cellValue, type ImportTarget, toPayload, toText } from "./import-rows.ts";
import type { ImportTable } from "./parse-table.ts";

export function columnProblem(
  table: ImportTable,
  column: string,
  target: ImportTarget,
  agent: AgentDefinition,
): string {
  const values = table.rows.map((row) => row[column]);
  const texts = values.map(toText);
  const empty = texts.filter((text) => text === "").length;
  const emptyText = (of: string) =>
    empty === 0 ? "" : `${formatAmount(empty, "row")} without ${of}: rejected`;
  switch (target) {
    case "key":
      return emptyText("a key");
    case "label": {
      const unknown = [...new Set(texts)].filter((text) => text !== "" && !isKnown(text, agent));
      const named = unknown.slice(0, 3).join(", ");
      return [
        emptyText("a label"),
        unknown.length === 0
          ? ""
          : `${named}${unknown.length > 3 ? ", …" : ""}: no class of ${agent.name}, so it does not train`,
      ]
        .filter((text) => text !== "")
        .join("; ");
    }
    case "confidence": {
      const wrong = texts.filter((text) => text !== "" && !isConfidence(text)).length;
      return wrong === 0 ? "" : `${formatAmount(wrong, "row")} not a whole number from 0 to 100: rejected`;
    }
    case "payload": {
      const wrong = values.filter((value) => toPayload(value) === null).length;
      return wrong === 0 ? "" : `${formatAmount(wrong, "row")} no JSON object: rejected`;
    }
    case "feature": {
      const feature = agent.features.find((one) => one.name === column || one.path === column);
      if (feature === undefined) return `no feature of ${agent.name} reads it; it is stored in the payload`;
      const wrong = values
        .map(cellValue)
        .filter((value) => value !== undefined && !fits(value, feature.kind));
      return wrong.length === 0
        ? ""
        : `${formatAmount(wrong.length, "row")} no ${kindWords[feature.kind]}: the default, ${String(feature.default)}`;
    }
    default:
      return "";
  }
}

const kindWords = { number: "number", boolean: "yes or no", length: "list" } as const;

function fits(value: unknown, kind: keyof typeof kindWords): boolean {
  switch (kind) {
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean" || value === 0 || value === 1;
    case "length":
      return Array.isArray(value);
  }
}

function isKnown(label: string, { classes, label_map = {} }: AgentDefinition): boolean {
  return classes === undefined || classes.includes(label) || label in label_map || "*" in label_map;
}
