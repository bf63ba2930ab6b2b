/**
 * `npm run exports`: writes docs/exports.txt, the names that each published package exports. With `--check`, as in
 * `npm run check`, it compares them instead.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
export const EXPORTS_FILE = join(root, "docs/exports.txt");
const packages = ["server", "client", "contract"];

export interface EntryPoint {
  /** As a program imports it: `relearn/testing`. */
  readonly specifier: string;
  readonly file: string;
}

/** Whether each exported name exists at run time. A class is a value. */
export type ExportedNames = ReadonlyMap<string, "value" | "type">;

/** Lists the entry points of the published packages, as their `exports` name them. */
export function listEntryPoints(): EntryPoint[] {
  return packages.flatMap((folder) => {
    const path = join(root, "packages", folder);
    const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as {
      readonly name: string;
      readonly exports: Readonly<Record<string, { readonly default: string }>>;
    };
    return Object.entries(manifest.exports).map(([subpath, target]) => ({
      specifier: join(manifest.name, subpath),
      file: join(path, target.default),
    }));
  });
}

/**
 * Reads the names that a module exports from its text. A re-export without `type` is a value, which
 * `verbatimModuleSyntax` makes sure of. Throws for an export statement that it does not know.
 */
export function readExports(file: string): ExportedNames {
  const names = new Map<string, "value" | "type">();
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  for (const { 0: statement } of text.matchAll(/^export\b[^;{=(]*(\{[^}]*\}( from "[^"]+")?)?/gm)) {
    const star = /^export (type )?\* from "(\.[^"]+)"/.exec(statement);
    const list = /^export (type )?\{([^}]*)\}/.exec(statement);
    const declaration =
      /^export (?:declare |abstract |async )*(function\*?|class|const|let|enum|interface|type) (\w+)/.exec(
        statement,
      );
    if (star !== null) {
      for (const [name, kind] of readExports(resolve(dirname(file), star[2]!))) {
        const seen = names.get(name);
        if (seen !== "value") names.set(name, star[1] === undefined ? kind : "type");
      }
    } else if (list !== null) {
      for (const entry of list[2]!.split(",").map((part) => part.trim())) {
        if (entry === "") continue;
        const isType = list[1] !== undefined || entry.startsWith("type ");
        const name = entry.split(/\s+/).at(-1)!;
        if (names.get(name) !== "value") names.set(name, isType ? "type" : "value");
      }
    } else if (declaration !== null) {
      const name = declaration[2]!;
      const isType = ["interface", "type"].includes(declaration[1]!);
      if (names.get(name) !== "value") names.set(name, isType ? "type" : "value");
    } else {
      throw new Error(`${file}: unknown export statement: ${statement.trim()}`);
    }
  }
  return names;
}

/** Returns the text of docs/exports.txt, made from the sources. */
export function formatExports(): string {
  const blocks = listEntryPoints().map(({ specifier, file }) => {
    const lines = [...readExports(file)].map(([name, kind]) => (kind === "type" ? `type ${name}` : name));
    return [specifier, ...lines.sort().map((line) => `  ${line}`)].join("\n");
  });
  return `# Names that the published packages export. \`npm run exports\` writes this file.\n\n${blocks.join("\n\n")}\n`;
}

/** Lists the lines that were added and removed, each with its entry point. */
export function compareExports(before: string, after: string): string[] {
  const [old, current] = [toEntries(before), toEntries(after)];
  return [
    ...[...current].filter((entry) => !old.has(entry)).map((entry) => `added: ${entry}`),
    ...[...old].filter((entry) => !current.has(entry)).map((entry) => `removed: ${entry}`),
  ];
}

function toEntries(text: string): Set<string> {
  let specifier = "";
  const entries = new Set<string>();
  for (const line of text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))) {
    if (line.startsWith("  ")) entries.add(`${specifier}: ${line.trim()}`);
    else specifier = line;
  }
  return entries;
}

if (import.meta.main) {
  if (process.argv.includes("--check")) {
    const differences = compareExports(readFileSync(EXPORTS_FILE, "utf8"), formatExports());
    if (differences.length > 0) {
      console.error(`docs/exports.txt differs from the sources; \`npm run exports\` writes it:`);
      console.error(differences.join("\n"));
      process.exitCode = 1;
    }
  } else {
    writeFileSync(EXPORTS_FILE, formatExports());
    console.log(`Wrote ${EXPORTS_FILE}.`);
  }
}
