// Installs the dependencies if they are missing, if package-lock.json has changed, or if the last installation was
// interrupted. `npm start` and `npm test` run it first. Plain JavaScript without dependencies, for Node 20.20 or
// later.
//
// `--installed` is the postinstall script of the root package, which npm runs last. It marks the installation as
// complete, also after a manual `npm ci`.
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
  // npm also runs postinstall if it writes only package-lock.json.
  if (process.env["npm_config_package_lock_only"] !== "true") writeFileSync(markerFile, wanted);
} else if (!isInstalled()) process.exitCode = install();

/** @returns {number} the exit code */
function install() {
  console.log("Installing the dependencies with npm ci.");
  rmSync(markerFile, { force: true });
  // Only errors: npm may run on an older Node than the packages require and would warn about each of them. They run
  // on the Node that is being installed.
  const { status, error } = spawnSync("npm", ["ci", "--loglevel=error"], { cwd: root, stdio: "inherit" });
  if (status === 0 && isInstalled()) return 0;
  console.error(
    status === 0
      ? "npm ci did not run the install scripts; the npm setting ignore-scripts must be false."
      : `The installation failed (${error?.message ?? "see the output of npm above"}). It needs the npm registry and 700 MB of disk space.`,
  );
  return 1;
}
