// Installs the dependencies if there are none, if package-lock.json has changed, or if the last installation did
// not run to its end; else does nothing. `npm start` and `npm test` run it first. Plain JavaScript without
// packages, for any Node from 20.20.
//
// `--installed` is the postinstall script of the root package, which npm runs last: it marks the installation as
// complete, so that one made by hand counts too.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
// In node_modules, which `npm ci` empties first.
const markerFile = join(root, "node_modules", ".relearn-installed");
const lockfile = readFileSync(join(root, "package-lock.json"));
const wanted = `${process.platform}-${process.arch} ${createHash("sha256").update(lockfile).digest("hex")}\n`;

const isInstalled = () => existsSync(markerFile) && readFileSync(markerFile, "utf8") === wanted;

if (process.argv.includes("--installed")) {
  // npm runs postinstall also if it was told to write package-lock.json only.
  if (process.env["npm_config_package_lock_only"] !== "true") writeFileSync(markerFile, wanted);
} else if (!isInstalled()) process.exitCode = install();

/** @returns {number} the exit code */
function install() {
  console.log("Installing the dependencies with npm ci.");
  rmSync(markerFile, { force: true });
  // Errors only: npm may run on an older Node than the packages ask for, and would say so for each of them. They
  // run on the Node that is being installed.
  const { status, error } = spawnSync("npm", ["ci", "--loglevel=error"], { cwd: root, stdio: "inherit" });
  if (status === 0 && isInstalled()) return 0;
  console.error(
    status === 0
      ? "npm ci did not run the install scripts; `npm config get ignore-scripts` must say false."
      : `The installation failed (${error?.message ?? "npm's reason is above"}). It needs the npm registry and 700 MB of disk.`,
  );
  return 1;
}
