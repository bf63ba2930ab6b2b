import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

/** Checkout with one dependency in a local folder, so that npm needs no registry. */
let root: string;
const write = (path: string, content: object) => writeFileSync(join(root, path), JSON.stringify(content));
const writeManifest = (postinstall = "node scripts/ensure-install.mjs --installed") =>
  write("package.json", { dependencies: { dependency: "file:./dependency" }, scripts: { postinstall } });
const run = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  return { status, stderr, installed: stdout.includes("Installing the dependencies") };
};
const ensureInstall = () => run(process.execPath, "scripts/ensure-install.mjs");

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "relearn-install-"));
  mkdirSync(join(root, "scripts"));
  mkdirSync(join(root, "dependency"));
  copyFileSync(join(import.meta.dirname, "ensure-install.mjs"), join(root, "scripts/ensure-install.mjs"));
  write("dependency/package.json", { name: "dependency", version: "1.0.0" });
  writeManifest();
  expect(run("npm", "install", "--package-lock-only")).toMatchObject({ status: 0 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("installs in a fresh checkout, and again once the lock file has changed", () => {
  expect(ensureInstall()).toMatchObject({ status: 0, installed: true });
  expect(existsSync(join(root, "node_modules/dependency/package.json"))).toBe(true);
  expect(ensureInstall()).toMatchObject({ status: 0, installed: false });
  appendFileSync(join(root, "package-lock.json"), "\n");
  expect(ensureInstall()).toMatchObject({ status: 0, installed: true });
  expect(ensureInstall()).toMatchObject({ status: 0, installed: false });
});

it("is content with an installation made by hand", () => {
  expect(run("npm", "ci")).toMatchObject({ status: 0 });
  expect(ensureInstall()).toMatchObject({ status: 0, installed: false });
});

it("installs again after an installation that did not run to its end", () => {
  // Killed in the last of the install scripts.
  writeManifest("exit 7");
  const failed = ensureInstall();
  expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining("The installation failed") });
  expect(existsSync(join(root, "node_modules/dependency/package.json"))).toBe(true);
  writeManifest();
  expect(ensureInstall()).toMatchObject({ status: 0, installed: true });
});

it("says so if npm is set not to run install scripts", () => {
  writeFileSync(join(root, ".npmrc"), "ignore-scripts=true\n");
  const failed = ensureInstall();
  expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining("ignore-scripts") });
});
