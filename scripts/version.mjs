// `node scripts/version.mjs VERSION [DATE]`: sets the version of every package, of their dependencies on each other and
// of the lock file, and gives the section "Unreleased" of the changelog that version and today's date. It only changes
// files, and prints the commands for the commit and the tag.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const VERSION = /^(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?$/;

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [version = "", date = new Date().toISOString().slice(0, 10)] = process.argv.slice(2);
  try {
    setVersion(fileURLToPath(new URL("..", import.meta.url)), version, date);
    console.log(
      `Every package and the changelog have version ${version}. Next:\n` +
        `  git commit -am "Release ${version}" && git tag v${version}`,
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/**
 * Sets the version. Throws before writing anything if the version is invalid or older than the current one, or if
 * there is nothing to release.
 * @param {string} root the checkout
 * @param {string} version
 * @param {string} date `YYYY-MM-DD`
 */
export function setVersion(root, version, date) {
  if (!VERSION.test(version))
    throw new Error(`"${version}" is not a version. Accepted: 1.2.3 or 1.2.3-beta.1.`);
  const changelogFile = join(root, "CHANGELOG.md");
  const changelog = releaseChangelog(readFileSync(changelogFile, "utf8"), version, date);
  const files = readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name, "package.json"))
    .map((file) => ({ file, manifest: JSON.parse(readFileSync(file, "utf8")) }));
  for (const { manifest } of files) {
    if (isOlder(version, manifest.version)) {
      throw new Error(`${version} is older than ${manifest.version}, the version of ${manifest.name}.`);
    }
  }
  const names = files.map(({ manifest }) => manifest.name);
  for (const { file, manifest } of files) writeJson(file, withVersion(manifest, version, names));
  const lockFile = join(root, "package-lock.json");
  const lock = JSON.parse(readFileSync(lockFile, "utf8"));
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path.startsWith("packages/")) lock.packages[path] = withVersion(entry, version, names);
  }
  writeJson(lockFile, lock);
  writeFileSync(changelogFile, changelog);
}

/**
 * Gives the section "Unreleased" the version and the date, and adds an empty section "Unreleased" above it.
 * @param {string} changelog
 * @param {string} version
 * @param {string} date
 */
export function releaseChangelog(changelog, version, date) {
  const heading = "## [Unreleased]\n";
  const start = changelog.indexOf(heading);
  if (start === -1) throw new Error('CHANGELOG.md has no section "## [Unreleased]".');
  if (changelog.includes(`## [${version}]`))
    throw new Error(`CHANGELOG.md already has a section ${version}.`);
  const [entries = ""] = changelog.slice(start + heading.length).split(/^## /m);
  if (!/^- /m.test(entries)) throw new Error('The section "Unreleased" of CHANGELOG.md has no entries.');
  return changelog.replace(heading, `${heading}\n## [${version}] - ${date}\n`);
}

/**
 * @param {any} manifest a package.json, or a package of the lock file
 * @param {string} version
 * @param {readonly string[]} names the packages of the workspace
 */
function withVersion(manifest, version, names) {
  const changed = { ...manifest };
  if (manifest.version !== undefined) changed.version = version;
  for (const kind of ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"]) {
    if (manifest[kind] === undefined) continue;
    changed[kind] = Object.fromEntries(
      Object.entries(manifest[kind]).map(([name, range]) => [name, names.includes(name) ? version : range]),
    );
  }
  return changed;
}

/**
 * Compares by major, minor and patch; a pre-release is older than its release.
 * @param {string} version
 * @param {string} present
 */
function isOlder(version, present) {
  const [, ...a] = VERSION.exec(version) ?? [];
  const [, ...b] = VERSION.exec(present) ?? [];
  for (let n = 0; n < 3; n++) if (a[n] !== b[n]) return Number(a[n]) < Number(b[n]);
  return a[3] !== undefined && b[3] === undefined;
}

/**
 * @param {string} file
 * @param {object} value
 */
function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
