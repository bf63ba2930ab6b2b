import { createRequire } from "node:module";
import type { ParseQuoted } from "@relearn/contract/table";

const require = createRequire(import.meta.url);

/**
 * Loads csv-parse synchronously. Called at the first record with quotes, so that other files do not load it.
 *
 * @example
 * loadQuotedParser()('mail-1,"say ""hi"""') // [["mail-1", 'say "hi"']]
 */
export function loadQuotedParser(): ParseQuoted {
  return (require("csv-parse/sync") as { parse: ParseQuoted }).parse;
}
