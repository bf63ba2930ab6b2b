import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Prints the import graph of the sources, including type imports: the modules that import each other, and the imports
 * that violate the order of ARCHITECTURE.md.
 *
 *     node scripts/import-graph.ts
 *
 * A module is the folder of a file, or a file directly in the `src` of a package. Tests, fixtures and benchmarks are
 * excluded.
 */
export interface Import {
  /** Path inside the repository. */
  readonly from: string;
  /** Path inside the repository, or the specifier of a package: `zod`, `@relearn/client/models`. */
  readonly to: string;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
}

/** Row of a table in ARCHITECTURE.md: an exception to the order, with its reason. */
export interface Exception {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const packages = ["contract", "client", "server", "console"];

/** Returns the imports of every source file of the packages, without tests, fixtures and benchmarks. */
export function readImports(): Import[] {
  return packages.flatMap((name) => {
    const folder = `packages/${name}/src`;
    return listSources(folder).flatMap((file) => readImportsOfFile(`${folder}/${file}`));
  });
}

/**
 * Returns the module of a file: its folder, or the file itself if it stands directly in `src`; for another package
 * of the workspace, its name; for any other package, `undefined`.
 */
export function toModule(file: string): string | undefined {
  const [, imported] = /^@relearn\/([^/]+)/.exec(file) ?? [];
  if (imported !== undefined) return imported;
  const [, name, rest = ""] = /^packages\/([^/]+)\/src\/(.*)$/.exec(file) ?? [];
  if (name !== "server") return name;
  const folder = dirname(rest);
  return folder === "." ? rest : folder;
}

/** Returns the strongly connected components of more than one node, each sorted: the cycles of a graph. */
export function findCycles(edges: readonly (readonly [string, string])[]): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    if (from !== to) targets.set(from, (targets.get(from) ?? new Set()).add(to));
  }
  const reach = new Map([...targets.keys()].map((node) => [node, reachableFrom(node, targets)]));
  const cycles = new Map<string, string[]>();
  for (const [node, reached] of reach) {
    if (!reached.has(node)) continue;
    const members = [...reached].filter((other) => reach.get(other)?.has(node)).sort();
    cycles.set(members.join(), members);
  }
  return [...cycles.values()];
}

/** Returns the pairs of modules that import each other, as `a <-> b`. */
export function findMutualModules(imports: readonly Import[]): string[] {
  const edges = new Set(toModuleEdges(imports).map(([from, to]) => `${from} ${to}`));
  return [...edges]
    .map((edge) => edge.split(" ") as [string, string])
    .filter(([from, to]) => from < to && edges.has(`${to} ${from}`))
    .map(([from, to]) => `${from} <-> ${to}`);
}

/** Returns each dependency between two modules once. */
export function toModuleEdges(imports: readonly Import[]): [string, string][] {
  const edges = new Map<string, [string, string]>();
  for (const { from, to } of imports) {
    const [source, target] = [toModule(from), toModule(to)];
    if (source === undefined || target === undefined || source === target) continue;
    edges.set(`${source} ${target}`, [source, target]);
  }
  return [...edges.values()];
}

/** Reads the order of the modules and the exceptions to it from the tables of ARCHITECTURE.md. */
export function readArchitecture(): { readonly order: string[]; readonly exceptions: Exception[] } {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const map = text.split("\n## Module map\n")[1]?.split("\n## ")[0] ?? "";
  const against = map.split("\n### Imports against the order\n");
  const modules = (cell: string): string[] =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name.replace(/\/$/, ""));
  const rows = (part: string): string[][] =>
    part
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
  return {
    order: rows(against[0] ?? "").flatMap(([cell = ""]) => modules(cell)),
    exceptions: rows(against[1] ?? "").flatMap(([from = "", to = "", reason = ""]) =>
      modules(to).map((target) => ({ from: modules(from)[0] ?? "", to: target, reason })),
    ),
  };
}

/** Returns the imports between modules that are not from a later to an earlier row of `order`. */
export function findImportsAgainst(order: readonly string[], imports: readonly Import[]): [string, string][] {
  return toModuleEdges(imports).filter(([from, to]) => order.indexOf(to) > order.indexOf(from));
}

function readImportsOfFile(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const statement = /^(?:import|export)\s+(type\s)?\s*([^"';]*?)\s*from\s+"([^"]+)"/gm;
  return [...text.matchAll(statement)].map(([, type, clause = "", specifier = ""]) => {
    const names = /\{([^}]*)\}/
      .exec(clause)?.[1]
      ?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "") ?? [clause.trim()];
    const to = specifier.startsWith(".")
      ? relative(root, resolve(root, dirname(file), specifier))
      : specifier;
    return {
      from: file,
      to,
      typeOnly: type !== undefined || names.every((name) => name.startsWith("type ")),
      names,
    };
  });
}

function listSources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.tsx?$/.test(file) && !/\.(test|fixture|soak)\.tsx?$|(^|\/)(test|bench)\//.test(file),
  );
}

function reachableFrom(node: string, targets: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set<string>();
  const waiting = [...(targets.get(node) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(targets.get(next) ?? []));
  }
  return reached;
}

function printGraph(): void {
  const imports = readImports();
  const { order, exceptions } = readArchitecture();
  const fileEdges = imports.map(({ from, to }): [string, string] => [from, to]);
  const against = findImportsAgainst(order, imports);
  const print = (title: string, lines: readonly string[]): void =>
    console.log([`${title}: ${lines.length}`, ...lines.map((line) => `  ${line}`)].join("\n"));
  console.log(`${imports.length} imports, ${toModuleEdges(imports).length} dependencies between modules`);
  print(
    "cycles of files",
    findCycles(fileEdges).map((cycle) => cycle.join(", ")),
  );
  print(
    "cycles of modules",
    findCycles(toModuleEdges(imports)).map((cycle) => cycle.join(", ")),
  );
  print("modules that import each other", findMutualModules(imports));
  print(
    "dependencies against the order of ARCHITECTURE.md",
    against.map(([from, to]) => {
      const reason = exceptions.find((one) => one.from === from && one.to === to)?.reason;
      return `${from} -> ${to}: ${reason ?? "not named there"}`;
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printGraph();
