import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/**
 * Holds every import of the sources against the table in ARCHITECTURE.md. A rule names files by pattern and
 * what they may not import; `import type` is free where the rule says so, since a type leaves no trace at run
 * time. Tests, benches and fixtures are outside: they reach for whatever they examine.
 */
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const server = "packages/server/src/";
const client = "packages/client/src/";
const contract = "packages/contract/src/";
const console = "packages/console/src/";

interface Import {
  readonly from: string;
  /** Path inside the repository, or the package's name. */
  readonly to: string;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
}

interface Rule {
  readonly says: string;
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
const rooms = ["numerics", "cli", "api", "http", "db", "test", "bench"].map((room) => `${room}/`).join("|");

const rules: readonly Rule[] = [
  {
    says: "numerics import themselves and the client's pure modules",
    files: /^packages\/server\/src\/numerics\//,
    forbids: ({ to }) => !to.startsWith(`${server}numerics/`) && !to.startsWith("@relearn/client"),
  },
  {
    says: "a feature's pure file imports no database, HTTP, service, logger or file system",
    files: new RegExp(`^${server}(?!${rooms})[^/]+/[^/]+(?<!-(store|service|routes|worker))\\.ts$`),
    forbids: ({ to, typeOnly }) =>
      !typeOnly &&
      (isDatabase(to) ||
        isHttp(to) ||
        edges.test(to) ||
        ["pino", "node:fs", "node:fs/promises", "node:http"].includes(to)),
  },
  {
    says: "a feature's pure file takes time as a parameter: of the clock it imports durations only",
    files: new RegExp(`^${server}(?!${rooms})[^/]+/[^/]+(?<!-(store|service|routes|worker))\\.ts$`),
    forbids: ({ to, typeOnly, names }) =>
      !typeOnly && to === `${server}clock.ts` && names.some((name) => !name.endsWith("_MS")),
  },
  {
    says: "a store imports no service, route or HTTP",
    files: /-store\.ts$/,
    forbids: ({ to, typeOnly }) =>
      !typeOnly && (isHttp(to) || isSuffixed(to, "service") || isSuffixed(to, "routes")),
  },
  {
    says: "a service gets other services handed in: it imports their types, and no HTTP",
    files: new RegExp(`^${server}(?!api/|http/|run-)[^/]+/.*-service\\.ts$`),
    forbids: ({ to, typeOnly }) =>
      !typeOnly && (isHttp(to) || isSuffixed(to, "routes") || isSuffixed(to, "service")),
  },
  {
    says: "routes go through services: no store, no database",
    files: /-routes\.ts$/,
    forbids: ({ to, typeOnly }) => !typeOnly && (isDatabase(to) || isSuffixed(to, "store")),
  },
  {
    says: "a command goes through the HTTP contract: no store, no service, no SQL",
    files: new RegExp(`^${server}cli/`),
    forbids: ({ to, typeOnly }) =>
      !typeOnly &&
      (isSuffixed(to, "store") ||
        isSuffixed(to, "service") ||
        isSuffixed(to, "routes") ||
        (isDatabase(to) && to !== `${server}db/data-folder-lock.ts`)),
  },
  {
    says: "nothing but the command line imports the command line",
    files: new RegExp(`^${server}(?!cli/|main\\.ts)`),
    forbids: ({ to, typeOnly }) => !typeOnly && to.startsWith(`${server}cli/`),
  },
  {
    says: "the client imports nothing outside itself, and of Node only in files named for it",
    files: new RegExp(`^${client}`),
    forbids: ({ from, to, typeOnly }) =>
      !to.startsWith(client) &&
      !(to.startsWith("node:") && /node|file|cache/.test(from)) &&
      !(to.startsWith("@openfeature/") && (typeOnly || /openfeature/.test(from))),
  },
  {
    says: "the contract imports itself and zod; its list of values imports no zod",
    files: new RegExp(`^${contract}`),
    forbids: ({ from, to, typeOnly }) =>
      !to.startsWith(contract) && (to !== "zod" || (!typeOnly && from === `${contract}values.ts`)),
  },
  {
    says: "the console imports the contract and the client, and nothing of the server",
    files: new RegExp(`^${console}`),
    forbids: ({ to }) => to.startsWith("packages/") && !to.startsWith(console),
  },
];

const imports = [server, client, contract, console].flatMap(importsBelow);

describe("the house", () => {
  it("is read at all", () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it.each(rules)("$says", ({ files, forbids }) => {
    const offences = imports
      .filter((one) => files.test(one.from) && forbids(one))
      .map((one) => `${one.from} imports ${one.to}`);
    expect(offences).toEqual([]);
  });

  it("has no cycles", () => {
    expect(findCycle(imports.filter((one) => !one.typeOnly))).toBeUndefined();
  });

  // A start is most of what a small fit takes: see the whole process in docs/benchmarks.md.
  it("starts `relearn fit` without database, HTTP, schemas or the switchboard", () => {
    const reached = reachedFrom([`${server}cli/program.ts`, `${server}cli/fit.ts`]);
    expect([...reached].filter((to) => !to.startsWith(server)).sort()).toEqual([
      ...["@relearn/client/models", "@relearn/contract/table", "commander", "node:crypto", "node:fs"],
      // For csv-parse, which the first file with quotes loads.
      "node:module",
    ]);
  });

  it("has no file named for nothing", () => {
    const names = new Set(imports.map((one) => one.from));
    expect(
      [...names].filter((name) => /\/(utils?|helpers?|common|core|manager)(\.ts|\/)/.test(name)),
    ).toEqual([]);
  });
});

/** What files bring along at run time, themselves included; what they load later on demand is not followed. */
function reachedFrom(files: readonly string[]): ReadonlySet<string> {
  const reached = new Set(files);
  for (const file of reached) {
    for (const { from, to, typeOnly } of imports) if (from === file && !typeOnly) reached.add(to);
  }
  return reached;
}

function importsBelow(folder: string): Import[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|fixture|soak)\.tsx?$|(^|\/)(test|bench)\//.test(file))
    .flatMap((file) => readImports(folder + file));
}

function readImports(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const statement = /^(?:import|export)\s+(type\s)?\s*([^"';]*?)\s*from\s+"([^"]+)"/gm;
  return [...text.matchAll(statement)].map(([, type, clause = "", specifier = ""]) => {
    const names = /\{([^}]*)\}/
      .exec(clause)?.[1]
      ?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "") ?? [clause.trim()];
    return {
      from: file,
      to: specifier.startsWith(".") ? relative(root, resolve(root, dirname(file), specifier)) : specifier,
      typeOnly: type !== undefined || names.every((name) => name.startsWith("type ")),
      names,
    };
  });
}

function findCycle(edgesOf: readonly Import[]): string | undefined {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edgesOf) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): string | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file].join(" → ");
    if (done.has(file)) return undefined;
    for (const target of targets.get(file) ?? []) {
      const found = walk(target, [...way, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const found = walk(file, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
