import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { CachedConfig, ConfigCache } from "./config-source.ts";

const FIRST_LINE = "relearn-switchboard-cache v1 sha256:";

/**
 * Keeps the last config in a file: one line with the digest of the rest, then the JSON. Written to a new
 * file beside it and renamed, so that a reader sees the old or the new one whole, after a crash too. A file
 * whose digest does not fit is not used. Several processes may share one file; the last writer stays.
 */
export function createFileCache(path: string): ConfigCache {
  return {
    async read() {
      const content = await readIfThere(path);
      if (content === null) return null;
      const lineEnd = content.indexOf("\n");
      const body = content.slice(lineEnd + 1);
      if (lineEnd < 0 || content.slice(0, lineEnd) !== FIRST_LINE + sha256(body)) {
        throw new Error(
          `The switchboard's cache ${path} is damaged: its digest does not fit. It is not used, and the next config replaces it.`,
        );
      }
      return JSON.parse(body) as CachedConfig;
    },
    async write(entry) {
      const body = JSON.stringify(entry);
      const fresh = `${path}.${randomUUID()}.new`;
      await mkdir(dirname(path), { recursive: true });
      try {
        const file = await open(fresh, "wx", 0o600);
        try {
          await file.writeFile(`${FIRST_LINE}${sha256(body)}\n${body}`);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(fresh, path);
      } catch (error) {
        await rm(fresh, { force: true });
        throw error;
      }
    },
  };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
