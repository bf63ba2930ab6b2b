/**
 * Tests the published packages: builds, packs and installs them in an empty folder, type-checks them with strict
 * options, and runs them with the oldest supported Node and newer ones. The dependencies of `relearn` and the other
 * Nodes come from npm's cache or registry; tests are skipped with a reason if these are not available.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import workspace from "../package.json" with { type: "json" };
import clientManifest from "../packages/client/package.json" with { type: "json" };
import manifest from "../packages/server/package.json" with { type: "json" };
import { findExportFaults } from "./testing/export-faults.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** Path of the npm next to this Node, or of the one in the PATH. */
const npm = process.env["npm_execpath"];
const tsc = join(root, "node_modules/typescript/bin/tsc");
let folder: string;
/** Packed files by the name of the package. */
let tarballs: Map<string, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relearn-pack-"));
  execFileSync(process.execPath, [join(root, "scripts/build.mjs"), join(folder, "built")]);
  tarballs = new Map(readdirSync(join(folder, "built")).map(pack));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function pack(name: string): [packageName: string, tarball: string] {
  const { stdout } = runNpm(["pack", "--json", "--ignore-scripts", join(folder, "built", name)], folder);
  const [packed] = JSON.parse(stdout);
  const paths: string[] = packed.files.map((file: { path: string }) => file.path);
  expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
  expect(paths.filter((path) => /\.(test|fixture)\.|(^|\/)(test|bench|src)\//.test(path))).toEqual([]);
  expect(paths.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))).toEqual([]);
  return [packed.name, join(folder, packed.filename)];
}

function runNpm(args: readonly string[], cwd: string) {
  const [command, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  return spawnSync(command, [...first, ...args], { cwd, encoding: "utf8" });
}

function makeEmptyFolder(name: string): string {
  const made = join(folder, name);
  mkdirSync(made);
  writeFileSync(join(made, "package.json"), JSON.stringify({ private: true, type: "module" }));
  return made;
}

const quiet = [
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--prefer-offline",
  "--fetch-retries=1",
  "--fetch-timeout=30000",
];

/** Installs packages from npm's cache or registry. Returns the reason of a failure, `undefined` on success. */
function install(packages: readonly string[], cwd: string): string | undefined {
  const { status, stderr } = runNpm(["install", ...quiet, ...packages], cwd);
  const unreachable = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|ECONNRESET/.exec(stderr);
  if (unreachable !== null) return unreachable[0];
  expect(status, stderr).toBe(0);
  return undefined;
}

/** The specifiers that a package can be imported by, such as `relearn/testing`. */
function listSpecifiers(published: { readonly name: string; readonly exports: object }): string[] {
  return Object.keys(published.exports).map((subpath) => join(published.name, subpath));
}

/** The TypeScript blocks of a document, one after the other: one program. */
function readProgram(document: string): string {
  const blocks = [...readFileSync(join(root, document), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)];
  expect(blocks.length, `blocks of ${document}`).toBeGreaterThan(0);
  return blocks.map((match) => match[1]).join("\n");
}

describe.each(["client", "relearn"])("the package %s", (name) => {
  test("has JavaScript and types of the right kind behind each of its exports", () => {
    expect(findExportFaults(join(folder, "built", name))).toEqual([]);
  });
});

describe("@relearn/client alone", () => {
  let user: string;
  beforeAll(() => {
    user = makeEmptyFolder("client-user");
    const { status, stderr } = runNpm(
      ["install", "--offline", ...quiet, tarballs.get("@relearn/client")!],
      user,
    );
    expect(stderr).not.toMatch(/npm error/);
    expect(status).toBe(0);
  });

  test("brings nothing else along", () => {
    expect(readdirSync(join(user, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "@relearn",
    ]);
  });

  test.each([
    [
      "ES modules",
      "agent.mjs",
      'import * as client from "@relearn/client"; import * as node from "@relearn/client/node";',
    ],
    [
      "CommonJS",
      "agent.cjs",
      'const client = require("@relearn/client"); const node = require("@relearn/client/node");',
    ],
  ])("decides in plain JavaScript as %s", (_, file, imports) => {
    writeFileSync(
      join(user, file),
      `${imports}
       const bundle = {
         bundle_id: "b_1", digest: "d", positive: "quarantine", thresholds: {},
         features: [{ name: "risk", path: "risk", kind: "number", default: 0 }],
         model: { model_type: "LogisticRegression", classes: ["safe", "quarantine"], feature_names: ["risk"],
           scaler: { mean: [50], scale: [10] }, coef: [[2]], intercept: [0], calibration: null },
       };
       const switchboard = client.createSwitchboard({ agent: "a", bundle });
       console.log(JSON.stringify([
         switchboard.decide("u", { risk: 90 }).label,
         client.murmurHash3("hello"),
         client.assignArm({ salt: "s", canaryBasisPoints: 10000 }, "u"),
         typeof node.cacheFile("x").read,
       ]));`,
    );
    const output = execFileSync(process.execPath, [file], { cwd: user, encoding: "utf8" });
    expect(JSON.parse(output)).toEqual(["quarantine", 613153351, "canary", "function"]);
  });

  test("has types for a browser, where there are none of Node", () => {
    writeFileSync(
      join(user, "page.ts"),
      `import { createSwitchboard, type Decision } from "@relearn/client";
       import { scoreModel } from "@relearn/client/models";
       const switchboard = createSwitchboard({ agent: "a", url: "https://relearn.example", fetch: undefined });
       const decision: Decision = switchboard.decide("u", {});
       // @ts-expect-error a probability is no string
       const wrong: string = decision.probability;
       export { scoreModel, wrong };`,
    );
    expect(
      typeCheck(user, "page", {
        compilerOptions: { module: "esnext", moduleResolution: "bundler", lib: ["es2024", "dom"], types: [] },
        files: ["page.ts"],
      }),
    ).toBe("");
  });
});

/** Type-checks files of a folder with the strictest options. Returns the output of the compiler. */
function typeCheck(
  cwd: string,
  name: string,
  { compilerOptions, files }: { readonly compilerOptions: object; readonly files: readonly string[] },
): string {
  const config = `tsconfig.${name}.json`;
  writeFileSync(
    join(cwd, config),
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        noEmit: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        ...compilerOptions,
      },
      files,
    }),
  );
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", config], { cwd, encoding: "utf8" });
  return status === 0 ? stdout : `exit code ${status}\n${stdout}`;
}

describe("both packages with their dependencies", () => {
  /** Further Nodes: the oldest one that the client supports, and the oldest one for `relearn`. */
  const otherNodes = { "20": "20.20.0", "22": "22.18.0" };
  const system = `${process.platform}-${process.arch}`;
  /** Name of the package with the binary of Node for this system. */
  const nodePackage = system === "darwin-arm64" ? `node-bin-${system}` : `node-${system}`;
  const versions = ["20", "22", "24"] as const;
  const documents = [
    { document: "docs/library.md", file: "library", versions: ["22", "24"] },
    { document: "docs/client.md", file: "client", versions },
    { document: "packages/client/README.md", file: "client-readme", versions: ["20", "24"] },
    { document: "packages/server/README.md", file: "server-readme", versions: ["24"] },
  ] as const;
  let user: string;
  let unreachable: string | undefined;
  let nodes: Readonly<Record<string, string | undefined>>;
  let noOtherNodes: string | undefined;
  let service: Serving | undefined;

  beforeAll(async () => {
    user = makeEmptyFolder("user");
    const { "@openfeature/server-sdk": openFeature, "@types/node": nodeTypes } = workspace.devDependencies;
    unreachable = install(
      [...tarballs.values(), `@openfeature/server-sdk@${openFeature}`, `@types/node@${nodeTypes}`],
      user,
    );
    const others = makeEmptyFolder("nodes");
    noOtherNodes = install(
      Object.entries(otherNodes).map(([major, version]) => `node${major}@npm:${nodePackage}@${version}`),
      others,
    );
    nodes = {
      "20": noOtherNodes === undefined ? join(others, "node_modules/node20/bin/node") : undefined,
      "22": noOtherNodes === undefined ? join(others, "node_modules/node22/bin/node") : undefined,
      "24": process.execPath,
    };
    if (unreachable !== undefined) return;
    for (const { document, file } of documents) {
      writeFileSync(join(user, `${file}.mts`), readProgram(document));
    }
    service = await serve(user);
  }, 600_000);
  afterAll(() => service?.stop());

  function skipWithout(skip: (reason: string) => void, reason: string | undefined, what: string): void {
    if (reason !== undefined) skip(`${what} cannot be had from here (${reason})`);
  }

  function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: user,
      encoding: "utf8",
      env: { ...process.env, ...environment },
    });
    return { status, stdout, stderr };
  }

  test("the types are right for ES modules and CommonJS, and the documents' programs compile", {
    timeout: 120_000,
  }, ({ skip }) => {
    skipWithout(skip, unreachable, "the dependencies of relearn");
    const specifiers = [...listSpecifiers(manifest), ...listSpecifiers(clientManifest)];
    const listNames = `const specifiers = ${JSON.stringify(specifiers)};
      const modules = await Promise.all(specifiers.map((specifier) => import(specifier)));
      console.log(JSON.stringify(modules.map((module) => Object.keys(module))));`;
    const names: string[][] = JSON.parse(
      run(process.execPath, ["--input-type=module", "-e", listNames]).stdout,
    );
    // Every name that exists at run time has a type, in both kinds of module.
    const everyName = specifiers
      .map((specifier, n) => {
        const renamed = names[n]!.map((name) => `${name} as ${name}_${n}`).join(", ");
        const all = names[n]!.map((name) => `${name}_${n}`).join(", ");
        return `import { ${renamed} } from "${specifier}";\nexport const all_${n} = [${all}];`;
      })
      .join("\n");
    const usage = `import { createSwitchboard, type Decision } from "@relearn/client";
      import { cacheFile } from "@relearn/client/node";
      import { openRelearn, type CreatedBundle, type Relearn } from "relearn";
      import { ManualClock, runDue } from "relearn/testing";
      const board = createSwitchboard({ agent: "a", url: process.env["A"], apiKey: process.env["B"], cache: cacheFile("c") });
      const decision: Decision = board.decide("u", {});
      board.recordOutcome(decision, { quality: undefined, latencyMs: 3 });
      // @ts-expect-error a probability is no string
      const wrong: string = decision.probability;
      export const open = (): Promise<Relearn> => openRelearn({ database: process.env["C"] });
      // @ts-expect-error the database is named by text
      openRelearn({ database: 1 });
      export async function train(agent: string | undefined): Promise<CreatedBundle> {
        const relearn = await openRelearn({ clock: new ManualClock(new Date()) });
        await relearn.bundles.list({ agent, limit: 10 });
        // @ts-expect-error there is no such kind of model
        await relearn.bundles.create("a", { modelType: "forest" });
        // @ts-expect-error the database is no part of the interface
        relearn.database;
        for (const run of await runDue(relearn)) console.log(run.job, run.state);
        return relearn.bundles.create("a", { minExamples: undefined });
      }
      export { wrong };`;
    for (const ending of ["mts", "cts"]) {
      writeFileSync(join(user, `every-name.${ending}`), everyName);
      writeFileSync(join(user, `usage.${ending}`), usage);
    }
    const programs = documents.map(({ file }) => `${file}.mts`);
    const both = ["every-name", "usage"].flatMap((name) => [`${name}.mts`, `${name}.cts`]);
    expect(
      typeCheck(user, "nodenext", {
        compilerOptions: { module: "nodenext", types: ["node"], noEmit: false, outDir: "compiled" },
        files: [...both, ...programs],
      }),
    ).toBe("");
    expect(
      typeCheck(user, "bundler", {
        compilerOptions: { module: "esnext", moduleResolution: "bundler", types: ["node"] },
        files: ["every-name.mts", "usage.mts", ...programs],
      }),
    ).toBe("");
  });

  test.for(versions)("CommonJS has the same exports as ES modules in Node %s", (version, { skip }) => {
    skipWithout(skip, unreachable, "the dependencies of relearn");
    if (version !== "24") skipWithout(skip, noOtherNodes, `Node ${version}`);
    const specifiers = [
      ...listSpecifiers(clientManifest),
      ...(version === "20" ? [] : listSpecifiers(manifest)),
    ];
    const program = `import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      const names = (exports) => Object.keys(exports).filter((name) => name !== "__esModule").sort();
      for (const one of ${JSON.stringify(specifiers)}) {
        const [imported, required] = [names(await import(one)), names(require(one))];
        if (imported.length === 0 || imported.join() !== required.join()) console.log(one, imported, required);
      }`;
    writeFileSync(join(user, "same-exports.mjs"), program);
    expect(run(nodes[version]!, ["same-exports.mjs"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  const runs = documents.flatMap(({ document, file, versions }) =>
    versions.map((version) => ({ document, file, version })),
  );
  // These tests run the output of the type check.
  test.for(runs)(
    "the program of $document runs in Node $version",
    {
      timeout: 120_000,
    },
    ({ document, file, version }, { skip }) => {
      skipWithout(skip, unreachable, "the dependencies of relearn");
      if (version !== "24") skipWithout(skip, noOtherNodes, `Node ${version}`);
      const compiled = readFileSync(join(user, "compiled", `${file}.mjs`), "utf8");
      const started = `compiled-${version}-${file}.mjs`;
      // Shows the reports of the client by their counts.
      const counts = document === "docs/client.md" ? "console.log(JSON.stringify(switchboard.stats()));" : "";
      writeFileSync(join(user, started), `${compiled}\n${counts}\nconsole.log("THE END");\n`);
      const { status, stdout, stderr } = run(nodes[version]!, [started], { RELEARN_URL: service!.address });
      // Failed `console.assert` calls of the page are printed to standard error.
      expect(stderr).toBe("");
      expect(status).toBe(0);
      const lines = stdout.trimEnd().split("\n");
      expect(lines.at(-1)).toBe("THE END");
      if (counts === "") return;
      expect(lines.slice(0, 2)).toEqual(["quarantine thread-17", "quarantine thread-17"]);
      expect(JSON.parse(lines.at(-2)!)).toMatchObject({
        lastError: null,
        failedRefreshes: 0,
        outcomes: { sent: 2, buffered: 0, rejected: 0, invalid: 0 },
      });
    },
  );

  test("relearn starts from its own folder, with its demo and its console", ({ skip }) => {
    skipWithout(skip, unreachable, "the dependencies of relearn");
    const command = join(user, "node_modules/.bin/relearn");
    expect(run(command, ["--version"]).stdout.trim()).toBe(manifest.version);
    const arms = spawnSync(command, ["assign", "--salt", "s", "--percent", "100"], {
      cwd: user,
      input: "u1\nu2\n",
      encoding: "utf8",
    });
    expect(arms.stdout).toBe("u1\tcanary\nu2\tcanary\n");
    const inside = `const installed = "./node_modules/relearn/dist/";
      const { loadDemo } = await import(installed + "run-demo.js");
      const { CONSOLE_FOLDER } = await import(installed + "api/console-files.js");
      const { readMail } = await import(installed + "demo/read-mail.js");
      const { existsSync } = await import("node:fs");
      const page = existsSync(CONSOLE_FOLDER + "index.html");
      console.log(typeof (await loadDemo()).buildDemo, readMail().length, page);`;
    expect(run(process.execPath, ["--input-type=module", "-e", inside])).toEqual({
      status: 0,
      stdout: "function 6046 true\n",
      stderr: "",
    });
  });
});

interface Serving {
  readonly address: string;
  stop(): Promise<void>;
}

/** Trains and releases a bundle of `inbox_triage` with the installed library, then serves it. */
async function serve(user: string): Promise<Serving> {
  writeFileSync(
    join(user, "release.mjs"),
    `import { openRelearn } from "relearn";
     const relearn = await openRelearn({ database: "file:./served" });
     const mails = Array.from({ length: 120 }, (_, n) => ({
       agent: "inbox_triage",
       task_key: "mail-" + n,
       payload: { risk_score: n % 100, spf_fail: n % 3 === 0 },
       label: n % 100 > 50 ? "quarantine" : "safe",
     }));
     await relearn.signals.ingest("gold", mails, { actor: "ana" });
     await relearn.feeds.loadAll();
     const { bundle_id } = await relearn.bundles.create("inbox_triage", { minExamples: 50 });
     const approval = await relearn.approvals.propose("inbox_triage", bundle_id, { proposer: "ana" });
     await relearn.approvals.approve(approval, { approver: "bo", rationale: "Looks good" });
     await relearn.approvals.apply(approval, { full: true, actor: "bo" });
     await relearn.close();`,
  );
  execFileSync(process.execPath, ["release.mjs"], { cwd: user, encoding: "utf8" });
  const child = spawn(
    process.execPath,
    [join(user, "node_modules/relearn/bin/relearn.mjs"), "serve", "--data", "./served", "--port", "0"],
    { cwd: user, stdio: ["ignore", "pipe", "pipe"] },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    address: await readAddress(child),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function readAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const address = /Relearn serves .* at (http:\S+) /.exec(text)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`The service ended with ${code}:\n${text}`)));
  });
}
