import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { CachedConfig, ConfigCache } from "./config-source.ts";

const FIRST_LINE = "relearn-switchboard-cache v1 sha256:";

/**
 * Creates a cache that keeps the last config in a file: one line with the digest of the rest, then the JSON. It writes to a
 * temporary file and renames it, so that a reader sees the complete old or new file, even after a crash. A file whose
 * digest does not match is not used. Several processes may share one file; the last write wins.
 */
export function createFileCache(path: string): ConfigCache {
  return {
    async read() {
      const content = await readIfExists(path);
      if (content === null) return null;
      const lineEnd = content.indexOf("\n");
      const body = content.slice(lineEnd + 1);
      if (lineEnd < 0 || content.slice(0, lineEnd) !== FIRST_LINE + sha256(body)) {
        throw new Error(
          `The switchboard's cache ${path} is damaged: its digest does not match. The file is ignored and replaced by the next config.`,
        );
      }
      return JSON.parse(body) as CachedConfig;
    },
    async write(entry) {
      const body = JSON.stringify(entry);
      const temporary = `${path}.${randomUUID()}.new`;
      await mkdir(dirname(path), { recursive: true });
      try {
        const file = await open(temporary, "wx", 0o600);
        try {
          await file.writeFile(`${FIRST_LINE}${sha256(body)}\n${body}`);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
  };
}

async function readIfExists(path: string): Promise<string | null> {
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
