// Builds the console into packages/server/console if it is missing or its sources have changed; `npm start` and
// `npm test` run it. Plain JavaScript without dependencies, for any Node. `--force` always builds.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = join(root, "packages", "server", "console");
const markerFile = join(output, ".source-hash");
const vite = join(root, "node_modules", "vite", "bin", "vite.js");

/** Sources of the built files. */
const sources = [
  "packages/console",
  "packages/client/src",
  "packages/contract/src",
  "package-lock.json",
  "scripts/ensure-console.mjs",
];

process.exitCode = await ensureConsole();

/** @returns {Promise<number>} the exit code */
async function ensureConsole() {
  const hash = hashSources();
  if (!process.argv.includes("--force") && isBuilt(hash)) return 0;
  if (!existsSync(vite)) {
    console.error("The console cannot be built: the dependencies are not installed. Run `npm ci` first.");
    return 1;
  }
  // Builds in another folder and renames it, so that concurrent builds and a running service see complete files.
  const building = `${output}.${process.pid}`;
  const code = await run(process.execPath, [
    vite,
    "build",
    "--logLevel=warn",
    `--outDir=${building}`,
    "--emptyOutDir",
    "--config",
    join(root, "packages", "console", "vite.config.ts"),
  ]);
  if (code === 0) {
    compressAssets(join(building, "assets"));
    writeFileSync(join(building, ".source-hash"), hash);
    rmSync(output, { recursive: true, force: true });
    renameSync(building, output);
  } else {
    rmSync(building, { recursive: true, force: true });
    console.error("The console was not built; see the output of Vite above.");
  }
  return code;
}

/** @param {string} hash */
function isBuilt(hash) {
  return existsSync(markerFile) && readFileSync(markerFile, "utf8") === hash;
}

function hashSources() {
  const hash = createHash("sha256");
  for (const file of sources.flatMap((source) => filesBelow(source)).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

/**
 * Compresses the files once, instead of for every response.
 * @param {string} folder
 */
function compressAssets(folder) {
  for (const name of readdirSync(folder)) {
    const content = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content));
  }
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesBelow(path) {
  if (/\.test\.tsx?$|^\.|\/\./.test(path)) return [];
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .filter((name) => name !== "node_modules" && name !== "dist")
    .flatMap((name) => filesBelow(`${path}/${name}`));
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function run(program, args) {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit" });
    child.on("error", (error) => {
      console.error(`${program} did not start: ${error.message}`);
      done(1);
    });
    child.on("exit", (code) => done(code ?? 1));
  });
}
