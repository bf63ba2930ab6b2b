import { readFileSync } from "node:fs";
import { type PanelLine, parsePanelLine } from "../../server/src/judges/parse-panel-line.ts";

/** The good lines of a judge-panel file. */
export function readPanel(path: string): PanelLine[] {
  const parsed = readFileSync(path, "utf8").split("\n").map(parsePanelLine);
  return parsed.flatMap((line) => (line.ok ? [line.line] : []));
}
