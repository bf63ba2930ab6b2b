import { createRequire } from "node:module";
import type { ParseQuoted } from "@relearn/contract/table";

const require = createRequire(import.meta.url);

/** Loads csv-parse, at once, but not before a file has quotes: `relearn fit` starts without it. */
export function loadQuotedParser(): ParseQuoted {
  return (require("csv-parse/sync") as { parse: ParseQuoted }).parse;
}
