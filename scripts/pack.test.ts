/**
 * What is published, as its users get it: built, packed, installed in an empty folder, imported by plain
 * Node. The client needs nothing else; the dependencies of `relearn` come from npm's cache or its registry,
 * and where neither can be had that test is skipped and says so.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../packages/server/package.json" with { type: "json" };

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** The npm beside this Node, or the one in the path. */
const npm = process.env["npm_execpath"];
let folder: string;
let tarballs: { client: string; contract: string; relearn: string };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relearn-pack-"));
  execFileSync(process.execPath, [join(root, "scripts/build.mjs"), join(folder, "built")]);
  tarballs = { client: pack("client"), contract: pack("contract"), relearn: pack("relearn") };
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function pack(name: string): string {
  const { stdout } = runNpm(["pack", "--json", "--ignore-scripts", join(folder, "built", name)], folder);
  const [packed] = JSON.parse(stdout);
  const paths: string[] = packed.files.map((file: { path: string }) => file.path);
  expect(paths).toContain("LICENSE");
  expect(paths.filter((path) => /\.(test|fixture)\.|(^|\/)(test|bench|src)\//.test(path))).toEqual([]);
  expect(paths.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))).toEqual([]);
  return join(folder, packed.filename);
}

function runNpm(args: readonly string[], cwd: string) {
  const [command, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  return spawnSync(command, [...first, ...args], { cwd, encoding: "utf8" });
}

function emptyFolder(name: string): string {
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

describe("@relearn/client alone", () => {
  let user: string;
  beforeAll(() => {
    user = emptyFolder("client-user");
    const { status, stderr } = runNpm(["install", "--offline", ...quiet, tarballs.client], user);
    expect(stderr).not.toMatch(/npm error/);
    expect(status).toBe(0);
  });

  test("brings nothing else along", () => {
    expect(readdirSync(join(user, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "@relearn",
    ]);
  });

  test("decides in plain JavaScript, and has its Node-only parts at their subpath", () => {
    writeFileSync(
      join(user, "agent.mjs"),
      `import { assignArm, createSwitchboard, murmurHash3 } from "@relearn/client";
       import { cacheFile } from "@relearn/client/node";
       const bundle = {
         bundle_id: "b_1", digest: "d", positive: "quarantine", thresholds: {},
         features: [{ name: "risk", path: "risk", kind: "number", default: 0 }],
         model: { model_type: "LogisticRegression", classes: ["safe", "quarantine"], feature_names: ["risk"],
           scaler: { mean: [50], scale: [10] }, coef: [[2]], intercept: [0], calibration: null },
       };
       const switchboard = createSwitchboard({ agent: "a", bundle });
       console.log(JSON.stringify([
         switchboard.decide("u", { risk: 90 }).label,
         murmurHash3("hello"),
         assignArm({ salt: "s", canaryBasisPoints: 10000 }, "u"),
         typeof cacheFile("x").read,
       ]));`,
    );
    const output = execFileSync(process.execPath, ["agent.mjs"], { cwd: user, encoding: "utf8" });
    expect(JSON.parse(output)).toEqual(["quarantine", 613153351, "canary", "function"]);
  });

  test("its declarations are enough for a strict TypeScript program", () => {
    writeFileSync(
      join(user, "agent.ts"),
      `import { createSwitchboard, type Decision } from "@relearn/client";
       import { cacheFile } from "@relearn/client/node";
       const board = createSwitchboard({ agent: "a", url: "http://127.0.0.1:4380", cache: cacheFile("c") });
       const decision: Decision = board.decide("u", {});
       const label: string | null = decision.label;
       // @ts-expect-error a probability is no string
       const wrong: string = decision.probability;
       board.recordOutcome(decision, { quality: 1 });
       export { label, wrong };`,
    );
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node"];
    const types = ["--typeRoots", join(root, "node_modules/@types")];
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), ...options, ...types, "agent.ts"],
      { cwd: user, encoding: "utf8" },
    );
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });
});

describe("relearn with its dependencies", () => {
  test("starts from its own folder, and is a library", { timeout: 240_000 }, ({ skip }) => {
    const user = emptyFolder("relearn-user");
    const installed = runNpm(
      ["install", ...quiet, tarballs.client, tarballs.contract, tarballs.relearn],
      user,
    );
    const unreachable = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|ECONNRESET/.exec(
      installed.stderr,
    );
    if (unreachable !== null) {
      skip(`the dependencies of relearn cannot be had from here (${unreachable[0]})`);
    }
    expect(installed.status, installed.stderr).toBe(0);
    const command = join(user, "node_modules/.bin/relearn");
    expect(execFileSync(command, ["--version"], { cwd: user, encoding: "utf8" }).trim()).toBe(
      manifest.version,
    );
    const arms = spawnSync(command, ["assign", "--salt", "s", "--percent", "100"], {
      cwd: user,
      input: "u1\nu2\n",
      encoding: "utf8",
    });
    expect(arms.stdout).toBe("u1\tcanary\nu2\tcanary\n");
    const program = `const { openRelearn } = await import("relearn");
      const relearn = await openRelearn({ database: "memory://" });
      await relearn.close();
      console.log("opened and closed");`;
    const library = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: user,
      encoding: "utf8",
    });
    expect(library.stderr).toBe("");
    expect(library.stdout).toBe("opened and closed\n");
    const inside = `const installed = "./node_modules/relearn/dist/";
      const { loadDemo } = await import(installed + "run-demo.js");
      const { CONSOLE_FOLDER } = await import(installed + "api/console-files.js");
      const { readMail } = await import(installed + "demo/read-mail.js");
      const { existsSync } = await import("node:fs");
      const page = existsSync(CONSOLE_FOLDER + "index.html");
      console.log(typeof (await loadDemo()).buildDemo, readMail().length, page);`;
    const parts = spawnSync(process.execPath, ["--input-type=module", "-e", inside], {
      cwd: user,
      encoding: "utf8",
    });
    expect(parts.stderr).toBe("");
    expect(parts.stdout).toBe("function 6046 true\n");
  });
});
