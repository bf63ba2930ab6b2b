import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Folder of the public data sets that some tests and benchmarks read. They are not part of the repository, so
 * most checkouts do not have them.
 */
export const sharedDataFolder =
  process.env["RELEARN_SHARED_DATA"] ?? join(import.meta.dirname, "../../../shared/data");

/** Returns the path of a file or folder of the shared data, or `undefined` if it is not on this machine. */
export function findSharedData(name: string): string | undefined {
  const path = join(sharedDataFolder, name);
  return existsSync(path) ? path : undefined;
}
