/**
 * Prints the size of each direct dependency on disk, in MB: alone, and with its own dependencies (shared ones count
 * for each). For the table in docs/adr/0001-stack.md: node scripts/dependency-sizes.ts
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface LockedPackage {
  version?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
// npm's record of the installed packages, without those of other platforms.
const locked: Record<string, LockedPackage> = JSON.parse(
  readFileSync(join(root, "node_modules", ".package-lock.json"), "utf8"),
).packages;

for (const owner of ["", "packages/server", "packages/client", "packages/console"]) {
  let manifest: LockedPackage;
  try {
    manifest = JSON.parse(readFileSync(join(root, owner, "package.json"), "utf8"));
  } catch {
    continue;
  }
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  for (const name of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).sort()) {
    const folder = locate(owner, name);
    if (folder === undefined || locked[folder]?.link) continue;
    const all = [...withDependencies(folder)];
    const sizes = [measureSize(folder), all.reduce((sum, each) => sum + measureSize(each), 0)];
    const [alone, together] = sizes.map((bytes) => (bytes / 1e6).toFixed(1).padStart(6));
    console.log(`${alone} ${together}  ${name} ${locked[folder]?.version} (${all.length} packages)`);
  }
}

/** Finds the package as Node does: in the node_modules of the folder or of a folder above it. */
function locate(from: string, name: string): string | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/")))) {
    const candidate = `${base === "" ? "" : `${base}/`}node_modules/${name}`;
    if (locked[candidate]) return candidate;
    if (base === "") return undefined;
  }
}

function withDependencies(folder: string, seen = new Set<string>()): Set<string> {
  if (seen.has(folder)) return seen;
  seen.add(folder);
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = locked[folder] ?? {};
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
    const found = locate(folder, name);
    if (found !== undefined) withDependencies(found, seen);
  }
  return seen;
}

/** Computes the bytes on disk, without nested packages that npm's record lists separately. */
function measureSize(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) bytes += locked[path] ? 0 : measureSize(path);
    else if (entry.isFile()) {
      const { blocks, nlink } = statSync(join(root, path));
      // The package of Node has two hard links to its binary, so each counts half.
      bytes += (blocks * 512) / nlink;
    }
  }
  return bytes;
}
