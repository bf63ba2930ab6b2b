// `npm run build [-- OUTPUT]`: makes what is published, one folder a package, ready for `npm pack`.
//
//   dist/client   @relearn/client: package.json, README.md, LICENSE, dist/*.js, dist/*.d.ts
//   dist/contract @relearn/contract: package.json, LICENSE, dist/*.js, dist/*.d.ts
//   dist/relearn  relearn: the same and bin/, the console's pages and the demo
//
// In the checkout `exports` point at the TypeScript sources, which Node runs as they are; Node refuses to do
// so in an installed package. npm has no way to publish other `exports` than those of the package's folder
// (publishConfig leaves them alone), and a condition of our own would have to be given to every `node` in the
// checkout. So the published packages are folders of their own with a rewritten package.json.
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

/** In the order of their dependence. */
const packages = [
  { source: "packages/client", target: "client" },
  { source: "packages/contract", target: "contract" },
  { source: "packages/server", target: "relearn" },
];

/** Files that only the checkout needs. */
const left = ["**/*.test.ts", "**/*.fixture.ts", "**/test/**", "**/bench/**"];

execFileSync(process.execPath, [join(root, "scripts/ensure-console.mjs")], { stdio: "inherit" });
for (const { source, target } of packages) build(join(root, source), join(output, target));
buildDemo(join(root, "examples/inbox-triage"), join(output, "relearn/dist/demo"));
console.log(`Built ${packages.map(({ target }) => join(output, target)).join(" and ")}.`);

/**
 * @param {string} from the package's folder in the checkout
 * @param {string} to where the published one is made
 */
function build(from, to) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  compile(from, to);
  copyData(join(from, "src"), join(to, "dist"));
  for (const name of ["README.md", "bin", "console"]) {
    if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name), { recursive: true });
  }
  copyFileSync(join(root, "LICENSE"), join(to, "LICENSE"));
  const manifest = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
  writeFileSync(join(to, "package.json"), `${JSON.stringify(published(manifest), null, 2)}\n`);
}

/**
 * JavaScript and declarations into `to/dist`. `package.json` is imported by the sources as `../package.json`,
 * so the compiler sees the package's folder as the root and writes `to/src`, which is then renamed: seen from
 * `dist` the manifest is where it was seen from `src`.
 * @param {string} from
 * @param {string} to
 */
function compile(from, to) {
  runCompiler(to, {
    compilerOptions: { declaration: true, rootDir: from, outDir: to },
    include: [join(from, "src/**/*.ts")],
    exclude: left.map((pattern) => join(from, "src", pattern)),
  });
  cpSync(join(to, "src"), join(to, "dist"), { recursive: true });
  rmSync(join(to, "src"), { recursive: true });
  for (const file of filesUnder(join(to, "dist"))) {
    if (file.endsWith(".d.ts")) writeFileSync(file, withJsImports(readFileSync(file, "utf8")));
  }
}

/**
 * The demo of `relearn demo`, compiled against the packages as they are published, with its table of mail.
 * @param {string} from
 * @param {string} to
 */
function buildDemo(from, to) {
  mkdirSync(to, { recursive: true });
  runCompiler(to, {
    compilerOptions: { declaration: false, rootDir: from, outDir: to },
    files: [join(from, "index.ts")],
    // The base config's own include would bring the whole checkout along.
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
  const client = join(output, "client", "dist");
  const contract = join(output, "contract", "dist");
  const shared = {
    noEmit: false,
    allowImportingTsExtensions: false,
    sourceMap: false,
    removeComments: false,
    // The packages as they are published, so that none of one's sources are compiled into another.
    paths: {
      "@relearn/client": [join(client, "index.d.ts")],
      "@relearn/client/*": [join(client, "*.d.ts")],
      "@relearn/contract": [join(contract, "index.d.ts")],
      "@relearn/contract/*": [join(contract, "*.d.ts")],
      relearn: [join(output, "relearn", "dist", "index.d.ts")],
    },
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
 * The compiler rewrites the endings of relative imports in JavaScript, not in declarations.
 * @param {string} declarations
 */
function withJsImports(declarations) {
  return declarations.replace(/(from |import\(|import )"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"');
}

/**
 * What lies between the sources and is read at run time (SQL, JSON, …).
 * @param {string} from
 * @param {string} to
 */
function copyData(from, to) {
  for (const file of filesUnder(from)) {
    const path = relative(from, file);
    const forTheCheckout = /(^|\/)(test|bench)\//.test(path) || path.includes(".fixture.");
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
 * The manifest with every path into `src` turned to what was made of it.
 * @param {any} value
 * @param {string} [key]
 * @returns {any}
 */
function published(value, key) {
  if (typeof value === "string") {
    return value.replace(/^\.\/src\/(.*)\.ts$/, key === "types" ? "./dist/$1.d.ts" : "./dist/$1.js");
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => published(entry));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "devDependencies" && name !== "scripts")
      .map(([name, entry]) => [name, published(entry, name)]),
  );
}
