import { describe, expect, it } from "vitest";
import {
  findCycles,
  findImportsAgainst,
  type Import,
  readArchitecture,
  readImports,
  toModule,
  toModuleEdges,
} from "./import-graph.ts";

/**
 * Compares every import of the sources with ARCHITECTURE.md. A rule names files by pattern and
 * what they may not import; `import type` is free where the rule says so, since a type leaves no trace at run
 * time. Tests, benchmarks and fixtures are left out: they import whatever they examine.
 */
const server = "packages/server/src/";
const client = "packages/client/src/";
const contract = "packages/contract/src/";
const console = "packages/console/src/";

interface Rule {
  readonly title: string;
  readonly files: RegExp;
  readonly forbids: (one: Import) => boolean;
}

const isDatabase = (to: string): boolean =>
  to.startsWith(`${server}db/`) || ["kysely", "pg", "@electric-sql/pglite", "pg-copy-streams"].includes(to);
const isHttp = (to: string): boolean =>
  to.startsWith(`${server}http/`) || to.startsWith("hono") || to.startsWith("@hono/");
const isSuffixed = (to: string, suffix: string): boolean =>
  to.startsWith(server) && to.endsWith(`-${suffix}.ts`);
const edges = /-(store|service|routes|worker)\.ts$/;
const otherFolders = ["numerics", "cli", "api", "http", "db", "test", "bench"]
  .map((folder) => `${folder}/`)
  .join("|");

const rules: readonly Rule[] = [
  {
    title: "numerics import themselves and the client's pure modules",
    files: /^packages\/server\/src\/numerics\//,
    forbids: ({ to }) => !to.startsWith(`${server}numerics/`) && !to.startsWith("@relearn/client"),
  },
  {
    title: "a feature's pure file imports no database, HTTP, service, logger or file system",
    files: new RegExp(`^${server}(?!${otherFolders})[^/]+/[^/]+(?<!-(store|service|routes|worker))\\.ts$`),
    forbids: ({ to, typeOnly }) =>
      !typeOnly &&
      (isDatabase(to) ||
        isHttp(to) ||
        edges.test(to) ||
        ["pino", "node:fs", "node:fs/promises", "node:http"].includes(to)),
  },
  {
    title: "a feature's pure file takes time as a parameter: of the clock it imports durations only",
    files: new RegExp(`^${server}(?!${otherFolders})[^/]+/[^/]+(?<!-(store|service|routes|worker))\\.ts$`),
    forbids: ({ to, typeOnly, names }) =>
      !typeOnly && to === `${server}clock.ts` && names.some((name) => !name.endsWith("_MS")),
  },
  {
    title: "a store imports no service, route or HTTP",
    files: /-store\.ts$/,
    forbids: ({ to, typeOnly }) =>
      !typeOnly && (isHttp(to) || isSuffixed(to, "service") || isSuffixed(to, "routes")),
  },
  {
    title: "a service receives other services as parameters: it imports only their types, and no HTTP",
    files: new RegExp(`^${server}(?!api/|http/|run-)[^/]+/.*-service\\.ts$`),
    forbids: ({ to, typeOnly }) =>
      !typeOnly && (isHttp(to) || isSuffixed(to, "routes") || isSuffixed(to, "service")),
  },
  {
    title: "routes go through services: no store, no database",
    files: /-routes\.ts$/,
    forbids: ({ to, typeOnly }) => !typeOnly && (isDatabase(to) || isSuffixed(to, "store")),
  },
  {
    title: "a command goes through the HTTP contract: no store, no service, no SQL",
    files: new RegExp(`^${server}cli/`),
    forbids: ({ to, typeOnly }) =>
      !typeOnly &&
      (isSuffixed(to, "store") ||
        isSuffixed(to, "service") ||
        isSuffixed(to, "routes") ||
        (isDatabase(to) && to !== `${server}db/data-folder-lock.ts`)),
  },
  {
    title: "nothing but the command line imports the command line",
    files: new RegExp(`^${server}(?!cli/|main\\.ts)`),
    forbids: ({ to, typeOnly }) => !typeOnly && to.startsWith(`${server}cli/`),
  },
  {
    title: "the client imports nothing outside itself, and of Node only in files named for it",
    files: new RegExp(`^${client}`),
    forbids: ({ from, to, typeOnly }) =>
      !to.startsWith(client) &&
      !(to.startsWith("node:") && /node|file|cache/.test(from)) &&
      !(to.startsWith("@openfeature/") && (typeOnly || /openfeature/.test(from))),
  },
  {
    title: "the contract imports itself and zod; its list of values imports no zod",
    files: new RegExp(`^${contract}`),
    forbids: ({ from, to, typeOnly }) =>
      !to.startsWith(contract) && (to !== "zod" || (!typeOnly && from === `${contract}values.ts`)),
  },
  {
    title: "the console imports the contract and the client, and nothing of the server",
    files: new RegExp(`^${console}`),
    forbids: ({ to }) => to.startsWith("packages/") && !to.startsWith(console),
  },
];

const imports = readImports();
const architecture = readArchitecture();

describe("the architecture", () => {
  it("is read at all", () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it.each(rules)("$title", ({ files, forbids }) => {
    const violations = imports
      .filter((one) => files.test(one.from) && forbids(one))
      .map((one) => `${one.from} imports ${one.to}`);
    expect(violations).toEqual([]);
  });

  it("has no cycle of files or modules, type imports included", () => {
    expect(findCycles(imports.map(({ from, to }) => [from, to]))).toEqual([]);
    expect(findCycles(toModuleEdges(imports))).toEqual([]);
  });

  it("follows the order of the module map, but for the exceptions named there", () => {
    const named = architecture.exceptions.map(({ from, to }) => `${from} imports ${to}`);
    const against = findImportsAgainst(architecture.order, imports);
    expect(against.map(([from, to]) => `${from} imports ${to}`)).toEqual(named);
    expect(named.length).toBeLessThanOrEqual(10);
    expect(architecture.exceptions.filter(({ reason }) => reason === "")).toEqual([]);
  });

  it("has every module in the module map, and no other", () => {
    const modules = new Set(imports.flatMap(({ from, to }) => [toModule(from), toModule(to)]));
    const known = [...modules].filter((name) => name !== undefined);
    expect([...architecture.order].sort()).toEqual(known.sort());
  });

  // The start takes most of the time of a small fit; see docs/benchmarks.md.
  it("start `relearn fit` without database, HTTP, schemas or the switchboard", () => {
    const reached = findReachable([`${server}cli/program.ts`, `${server}cli/fit.ts`]);
    expect([...reached].filter((to) => !to.startsWith(server)).sort()).toEqual([
      ...["@relearn/client/models", "@relearn/contract/table", "commander", "node:crypto", "node:fs"],
      // For csv-parse, which is loaded for files with quotes.
      "node:module",
    ]);
  });

  it("come from no file with a meaningless name", () => {
    const names = new Set(imports.map((one) => one.from));
    expect(
      [...names].filter((name) => /\/(utils?|helpers?|common|core|manager)(\.ts|\/)/.test(name)),
    ).toEqual([]);
  });
});

/** Returns the files and everything that they import at run time; dynamic imports are not followed. */
function findReachable(files: readonly string[]): ReadonlySet<string> {
  const reached = new Set(files);
  for (const file of reached) {
    for (const { from, to, typeOnly } of imports) if (from === file && !typeOnly) reached.add(to);
  }
  return reached;
}
