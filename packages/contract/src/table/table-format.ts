import { TableError } from "./table-error.ts";

/**
 * Detects whether a file is JSONL or CSV from its first lines. Throws a `TableError` for JSON in another
 * form: a list, or an object spread over several lines.
 */
export function detectTableFormat(text: string): "jsonl" | "csv" {
  const start = text.trimStart();
  if (/^\[\s*(?:[{["\]\d-]|$)/.test(start)) {
    throw new TableError(null, "is a JSON list; write JSONL, one object a line (`jq -c '.[]'`), or CSV");
  }
  if (!start.startsWith("{")) return "csv";
  refuseSpreadJson(start);
  return "jsonl";
}

/** Throws a `TableError` if JSONL begins with an object that continues in the next line. */
export function refuseSpreadJson(text: string): void {
  const line = text.trimStart().split("\n", 1)[0]!.trim();
  // The first line of `{ "x": 1, … }` as it is pretty-printed: JSON up to here, and not finished.
  if (/^\{\s*$|^\{.*[,{[]$/.test(line) && !isJson(line)) {
    throw new TableError(
      null,
      "is JSON spread over several lines; write each object on one line (`jq -c .`)",
    );
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
