// `npm run build [-- OUTPUT]`: builds the published packages, one folder each, ready for `npm pack`:
//
//   dist/client   @relearn/client: package.json, README.md, LICENSE, dist/*.js and dist/*.d.ts (ES modules),
//                 dist/cjs/*.js and dist/cjs/*.d.ts (CommonJS)
//   dist/contract @relearn/contract: ES modules only
//   dist/relearn  relearn: ES modules only, and bin/, the console's pages and the demo
//
// In the checkout, `exports` refer to the TypeScript sources, which Node runs directly; in an installed package it does
// not. npm publishes the `exports` of the package's folder (publishConfig does not change them), and a custom condition
// would have to be passed to every `node` in the checkout. So each published package is another folder with a rewritten
// package.json.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const output = resolve(process.argv[2] ?? join(root, "dist"));

/** Published packages: all that are not private, each after the packages that it depends on. */
const packages = sortByDependency(
  readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return { folder, manifest, target: join(output, manifest.name.split("/").at(-1)) };
    })
    .filter(({ manifest }) => manifest.private !== true),
);

/**
 * Packages that are also built as CommonJS. The others need a Node whose `require` loads ES modules (22.12 or later),
 * which their `engines` require; the client also runs on Node 20.
 */
const withCommonJs = ["@relearn/client"];

/** Files that only the checkout needs. */
const excludedFiles = ["**/*.test.ts", "**/*.fixture.ts", "**/test/**"];

execFileSync(process.execPath, [join(root, "scripts/ensure-console.mjs")], { stdio: "inherit" });
for (const each of packages) build(each);
buildDemo(join(root, "examples/inbox-triage"), join(output, "relearn/dist/demo"));
console.log(`Built ${packages.map(({ target }) => target).join(" and ")}.`);

/** @typedef {{ folder: string, manifest: any, target: string }} Package */

/**
 * @param {Package[]} unsorted
 * @returns {Package[]}
 */
function sortByDependency(unsorted) {
  /** @type {Package[]} */
  const sorted = [];
  /** @param {Package} one */
  const add = (one) => {
    if (sorted.includes(one)) return;
    for (const other of unsorted) {
      if (Object.hasOwn(one.manifest.dependencies ?? {}, other.manifest.name)) add(other);
    }
    sorted.push(one);
  };
  for (const one of unsorted) add(one);
  return sorted;
}

/** @param {Package} one */
function build({ folder, manifest, target }) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const commonJs = withCommonJs.includes(manifest.name);
  compile(folder, target);
  if (commonJs) compileCommonJs(folder, target);
  copyData(join(folder, "src"), join(target, "dist"));
  for (const name of ["README.md", "bin", "console"]) {
    if (existsSync(join(folder, name))) cpSync(join(folder, name), join(target, name), { recursive: true });
  }
  copyFileSync(join(root, "LICENSE"), join(target, "LICENSE"));
  writeFileSync(
    join(target, "package.json"),
    `${JSON.stringify(toPublishedManifest(manifest, commonJs), null, 2)}\n`,
  );
}

/**
 * Writes JavaScript and declarations to `to/dist`. The sources import `../package.json`, so the compiler takes the
 * package's folder as the root and writes `to/src`, which is renamed to `dist`; the relative path stays valid.
 * @param {string} from
 * @param {string} to
 */
function compile(from, to) {
  runCompiler(to, {
    compilerOptions: { declaration: true, rootDir: from, outDir: to },
    include: [join(from, "src/**/*.ts")],
    exclude: excludedFiles.map((pattern) => join(from, "src", pattern)),
  });
  cpSync(join(to, "src"), join(to, "dist"), { recursive: true });
  rmSync(join(to, "src"), { recursive: true });
  rewriteDeclarations(join(to, "dist"));
}

/**
 * Writes CommonJS to `to/dist/cjs`, with a package.json that declares the kind of the files to Node and TypeScript.
 * @param {string} from
 * @param {string} to
 */
function compileCommonJs(from, to) {
  const outDir = join(to, "dist", "cjs");
  runCompiler(to, {
    compilerOptions: {
      declaration: true,
      rootDir: join(from, "src"),
      outDir,
      module: "commonjs",
      moduleResolution: "bundler",
      verbatimModuleSyntax: false,
    },
    include: [join(from, "src/**/*.ts")],
    exclude: excludedFiles.map((pattern) => join(from, "src", pattern)),
  });
  rewriteDeclarations(outDir);
  writeFileSync(join(outDir, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
}

/**
 * Compiles the demo of `relearn demo` against the published packages, and copies its table of mail.
 * @param {string} from
 * @param {string} to
 */
function buildDemo(from, to) {
  mkdirSync(to, { recursive: true });
  runCompiler(to, {
    compilerOptions: { declaration: false, rootDir: from, outDir: to },
    files: [join(from, "index.ts")],
    // The `include` of the base config would add the whole checkout.
    include: [],
  });
  for (const name of ["mail.jsonl", "ORIGIN.md", "README.md"]) copyFileSync(join(from, name), join(to, name));
}

/**
 * @param {string} folder where the compiler's config may stand for the time being
 * @param {{ compilerOptions: object, include?: string[], files?: string[], exclude?: string[] }} config
 */
function runCompiler(folder, { compilerOptions, ...config }) {
  const configFile = join(folder, "tsconfig.build.json");
  const shared = {
    noEmit: false,
    allowImportingTsExtensions: false,
    sourceMap: false,
    removeComments: false,
    // Resolves the published packages, so that no sources of one package are compiled into another.
    paths: Object.fromEntries([
      // The declarations of the contract import zod, which no folder above them has.
      ["zod", [join(root, "node_modules/zod/index.d.ts")]],
      ...packages.flatMap(({ manifest, target }) => [
        [manifest.name, [join(target, "dist", "index.d.ts")]],
        [`${manifest.name}/*`, [join(target, "dist", "*.d.ts"), join(target, "dist", "*", "index.d.ts")]],
      ]),
    ]),
    typeRoots: [join(root, "node_modules/@types")],
  };
  writeFileSync(
    configFile,
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: { ...shared, ...compilerOptions },
      ...config,
    }),
  );
  try {
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", configFile], {
      stdio: "inherit",
      cwd: root,
    });
  } finally {
    rmSync(configFile);
  }
}

/**
 * Rewrites the endings of relative imports in declarations; the compiler does it only in JavaScript.
 * @param {string} folder
 */
function rewriteDeclarations(folder) {
  for (const file of filesUnder(folder)) {
    if (!file.endsWith(".d.ts")) continue;
    const declarations = readFileSync(file, "utf8");
    writeFileSync(file, declarations.replace(/(from |import\(|import )"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"'));
  }
}

/**
 * Copies the files among the sources that are read at run time (SQL, JSON, …).
 * @param {string} from
 * @param {string} to
 */
function copyData(from, to) {
  for (const file of filesUnder(from)) {
    const path = relative(from, file);
    const forTheCheckout = /(^|\/)test\//.test(path) || path.includes(".fixture.");
    if (extname(file) === ".ts" || forTheCheckout) continue;
    mkdirSync(dirname(join(to, path)), { recursive: true });
    copyFileSync(file, join(to, path));
  }
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Returns the manifest without the parts that only the checkout needs, with every path into `src` changed to `dist`.
 * @param {any} manifest
 * @param {boolean} commonJs
 */
function toPublishedManifest({ devDependencies, scripts, ...manifest }, commonJs) {
  const paths = toPublishedPaths(manifest);
  if (!commonJs) return paths;
  const exports = Object.fromEntries(
    Object.entries(paths.exports).map(([name, entry]) => [
      name,
      { import: entry, require: mapStrings(entry, (path) => path.replace(/^\.\/dist\//, "./dist/cjs/")) },
    ]),
  );
  // For resolvers that do not support `exports`.
  const main = exports["."]?.require;
  return { ...paths, main: main.default, types: main.types, exports };
}

/**
 * @param {any} manifest
 * @returns {any}
 */
function toPublishedPaths(manifest) {
  return mapStrings(manifest, (text, key) =>
    text.replace(/^\.\/src\/(.*)\.ts$/, key === "types" ? "./dist/$1.d.ts" : "./dist/$1.js"),
  );
}

/**
 * @param {any} value
 * @param {(text: string, key: string | undefined) => string} change
 * @param {string} [key]
 * @returns {any}
 */
function mapStrings(value, change, key) {
  if (typeof value === "string") return change(value, key);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => mapStrings(entry, change));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, mapStrings(entry, change, name)]),
  );
}
