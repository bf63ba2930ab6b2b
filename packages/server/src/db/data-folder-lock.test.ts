import { mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { findFolderHolder, getLockFile, lockDataFolder } from "./data-folder-lock.ts";

let folder: string;
beforeEach(async () => {
  const made = await mkdtemp(join(tmpdir(), "relearn-lock-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  folder = join(made, "data");
});

/** A process id that no process has: ids end well below. */
const NOBODY = 2 ** 30;

describe("the lock of a data folder", () => {
  it("is held by one, who is named to the second with the address it serves", async () => {
    const lock = await lockDataFolder(folder);
    await lock.announce("http://127.0.0.1:4380");
    const refused = await lockDataFolder(folder).catch((error) => error);
    expect(refused).toMatchObject({ code: "data_folder_locked" });
    expect(refused.message).toContain(String(process.pid));
    expect(refused.message).toContain("http://127.0.0.1:4380");
    expect(await findFolderHolder(folder)).toMatchObject({
      pid: process.pid,
      address: "http://127.0.0.1:4380",
      token: lock.document.token,
    });
    await lock.release();
    expect(await findFolderHolder(folder)).toBeUndefined();
    await (await lockDataFolder(folder)).release();
  });

  it("cannot be where a file is, and says what to do", async () => {
    const file = `${folder}.csv`;
    await writeFile(file, "a,b\n");
    expect(await findFolderHolder(file)).toBeUndefined();
    for (const place of [file, join(file, "below")]) {
      await expect(lockDataFolder(place)).rejects.toMatchObject({
        code: "database_unavailable",
        message: expect.stringContaining("Give --data a folder"),
      });
    }
    expect(await readFile(file, "utf8")).toBe("a,b\n");
  });

  it("is made with its parents, and not for ever where nothing can be made", async () => {
    const deep = join(folder, "a", "b");
    await (await lockDataFolder(deep)).release();
    expect((await stat(deep)).mode & 0o777).toBe(0o700);
    const nowhere = join(folder, "link");
    await symlink(join(folder, "gone"), nowhere);
    const places = [
      nowhere,
      join(nowhere, "below"),
      ...(process.platform === "linux" ? ["/proc/relearn/a"] : []),
    ];
    for (const place of places) {
      await expect(lockDataFolder(place), place).rejects.toMatchObject({
        code: "database_unavailable",
        message: expect.stringContaining("cannot be used as the data folder"),
      });
    }
  });

  it("is read by its user alone, and its token differs each time", async () => {
    const first = await lockDataFolder(folder);
    expect((await stat(getLockFile(folder))).mode & 0o777).toBe(0o600);
    await first.release();
    const second = await lockDataFolder(folder);
    expect(second.document.token).not.toBe(first.document.token);
    await second.release();
  });

  it.each([
    [
      "of a process that is gone",
      JSON.stringify({ pid: NOBODY, process_started: "1", address: null, token: "t" }),
    ],
    [
      "of a process whose number another one has by now",
      JSON.stringify({ pid: process.pid, process_started: "long ago", address: null, token: "t" }),
    ],
    ["that was half written", '{"pid": 12'],
  ])("%s is taken over, by one of several", async (_what, left) => {
    // Newcomers that took each other's fresh lock for the dead one did so in one round of ten.
    for (let round = 0; round < 40; round++) {
      await (await lockDataFolder(folder)).release();
      await writeFile(getLockFile(folder), left);
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(folder)));
      const taken = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      expect(taken).toHaveLength(1);
      expect(JSON.parse(await readFile(getLockFile(folder), "utf8"))).toMatchObject({
        pid: process.pid,
        token: taken[0]!.document.token,
      });
      await taken[0]!.release();
    }
  });
});
