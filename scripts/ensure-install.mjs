// Runs before `npm start` and `npm test`, on whatever Node the machine has (20.20 or later), with no
// package there yet: plain JavaScript, no dependencies. Installs what package-lock.json says when the last
// installation is not complete or not of this lockfile, else does nothing and says nothing.
//
// `--installed` is the root package's postinstall: it writes down that an installation ran to its end, so
// that one made by hand counts too.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { decideInstall, parseMarker } from "./install-decision.mjs";
import { acquireInstallLock } from "./install-lock.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const markerFile = join(modules, ".relearn-installed.json");
const platform = `${process.platform}-${process.arch}`;

if (process.argv.includes("--installed")) writeMarker();
else process.exitCode = await ensureInstalled();

/** @returns {Promise<number>} the exit code */
async function ensureInstalled() {
  if (!decide().install) return 0;
  const lockFile = join(root, ".relearn", "install.lock");
  const lock = await acquireInstallLock(lockFile, {
    onWait: () =>
      console.log(`Another process is installing the dependencies: waiting for it (${lockFile}).`),
  });
  try {
    // Asked again: whoever held the lock may just have installed.
    const decision = decide();
    if (!decision.install) return 0;
    console.log(`Installing the dependencies with npm ci: ${decision.reason}.`);
    const start = performance.now();
    const failure = await runNpmCi(lock.alsoHeldBy);
    if (failure !== undefined) {
      console.error(
        `The installation failed: ${failure}. What npm says stands above. It needs the npm registry (or ` +
          "the mirror that npm is set to) and about 400 MB of disk; run the same command again to retry.",
      );
      return 1;
    }
    const after = decide();
    if (after.install) {
      console.error(
        `npm ci ended without an error, yet ${after.reason}. Install scripts must be allowed to run: ` +
          "`npm config get ignore-scripts` should say false. Then run the same command again.",
      );
      return 1;
    }
    console.log(`Installed in ${((performance.now() - start) / 1000).toFixed(0)} s.`);
    return 0;
  } finally {
    lock.release();
  }
}

function decide() {
  return decideInstall({
    lockHash: hashLockfile(),
    platform,
    marker: existsSync(markerFile) ? parseMarker(readFileSync(markerFile, "utf8")) : undefined,
    hasHiddenLockfile: existsSync(join(modules, ".package-lock.json")),
    hasPinnedNode: existsSync(join(modules, "node", "bin", "node")),
  });
}

function hashLockfile() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function writeMarker() {
  writeFileSync(markerFile, `${JSON.stringify({ lockHash: hashLockfile(), platform })}\n`);
}

/**
 * @param {(pid: number) => void} onStart
 * @returns {Promise<string | undefined>} what went wrong, or undefined
 */
function runNpmCi(onStart) {
  // Errors only: the Node that starts npm may be older than the packages ask for, and npm would say so for
  // each of them, though they all run on the Node that is being installed.
  const npm = spawn("npm", ["ci", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: pathWithoutModules() },
  });
  return new Promise((done) => {
    npm.on("spawn", () => onStart(/** @type {number} */ (npm.pid)));
    npm.on("error", (error) => done(`npm could not be started (${error.message})`));
    npm.on("exit", (code, signal) =>
      done(code === 0 ? undefined : `npm ci ended with ${signal ?? `exit code ${code}`}`),
    );
  });
}

/**
 * Without the project's own programs: npm ci deletes node_modules first, and with it the Node that npm
 * would otherwise run on.
 */
function pathWithoutModules() {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !resolve(root, folder).startsWith(modules))
    .join(delimiter);
}
