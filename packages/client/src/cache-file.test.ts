import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFileCache } from "./cache-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relearn-cache-"));
});
afterEach(() => rm(folder, { recursive: true }));

const entry = { config: { agent: "ä", n: 0.1 }, etag: '"7"', confirmed_at: "2026-11-23T00:00:00.000Z" };

test("gives back what was written, and nothing where nothing is", async () => {
  const cache = createFileCache(join(folder, "deep", "switchboard.cache"));
  expect(await cache.read()).toBeNull();
  await cache.write(entry);
  expect(await cache.read()).toEqual(entry);
  await cache.write({ ...entry, etag: null });
  expect(await cache.read()).toEqual({ ...entry, etag: null });
  expect(await readdir(join(folder, "deep"))).toEqual(["switchboard.cache"]);
});

test.each([
  ["cut short", (content: string) => content.slice(0, -1)],
  ["changed by one character", (content: string) => content.replace("0.1", "0.2")],
  ["empty", () => ""],
  ["of something else", () => '{"agent":"x"}\n'],
])("refuses a file that is %s", async (_, damage) => {
  const path = join(folder, "cache");
  const cache = createFileCache(path);
  await cache.write(entry);
  await writeFile(path, damage(await readFile(path, "utf8")));
  await expect(cache.read()).rejects.toThrow(/damaged/);
});

test("many writers at once leave one whole file", async () => {
  const path = join(folder, "cache");
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      createFileCache(path).write({ ...entry, config: "x".repeat(n * 1000) }),
    ),
  );
  expect(await createFileCache(path).read()).toMatchObject({ etag: '"7"' });
  expect(await readdir(folder)).toEqual(["cache"]);
});

test("a place that cannot be written to: an error, and no half file left", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(createFileCache(join(folder, "file", "cache")).write(entry)).rejects.toThrow();
  expect(await readdir(folder)).toEqual(["file"]);
});
