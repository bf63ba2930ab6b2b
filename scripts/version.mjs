// `node scripts/version.mjs VERSION [DATE]`: sets the version of every package, of what the packages ask of
// each other and of the lock file, and gives the changelog's section "Unreleased" that version and today's
// date. It changes files and nothing else: the commit and the tag are yours, and the script prints them.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const VERSION = /^(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?$/;

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [version = "", date = new Date().toISOString().slice(0, 10)] = process.argv.slice(2);
  try {
    setVersion(fileURLToPath(new URL("..", import.meta.url)), version, date);
    console.log(
      `Every package and the changelog have the version ${version}. Then:\n` +
        `  git commit -am "Release ${version}" && git tag v${version}`,
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/**
 * Throws, with nothing written, if the version is malformed or older than the present one, or if there is
 * nothing to release.
 * @param {string} root the checkout
 * @param {string} version
 * @param {string} date `YYYY-MM-DD`
 */
export function setVersion(root, version, date) {
  if (!VERSION.test(version))
    throw new Error(`"${version}" is no version: write it as 1.2.3 or 1.2.3-beta.1.`);
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
 * Gives the section "Unreleased" the version and the date, and puts an empty "Unreleased" above it.
 * @param {string} changelog
 * @param {string} version
 * @param {string} date
 */
export function releaseChangelog(changelog, version, date) {
  const heading = "## [Unreleased]\n";
  const start = changelog.indexOf(heading);
  if (start === -1) throw new Error('CHANGELOG.md has no section "## [Unreleased]".');
  if (changelog.includes(`## [${version}]`))
    throw new Error(`CHANGELOG.md has a section ${version} already.`);
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
 * Compares by major, minor and patch; of one such triple a pre-release is older than the release.
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
