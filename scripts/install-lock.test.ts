import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireInstallLock } from "./install-lock.mjs";

describe("the lock of an installation", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "relearn-lock-"));
    file = join(folder, "install.lock");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** An id that no process has any more. */
  const endedPid = () => spawnSync(process.execPath, ["--version"]).pid;
  const writeLock = (processes: object[], host = hostname()) =>
    writeFileSync(file, JSON.stringify({ host, processes }));

  it("keeps a second one waiting until the first is done", async () => {
    const first = await acquireInstallLock(file);
    const order: string[] = [];
    const second = acquireInstallLock(file, { onWait: () => order.push("told to wait") }).then((lock) => {
      order.push("second");
      lock.release();
    });
    await expect.poll(() => order).toEqual(["told to wait"]);
    order.push("first done");
    first.release();
    await second;
    expect(order).toEqual(["told to wait", "first done", "second"]);
    expect(existsSync(file)).toBe(false);
  });

  it("is taken over from a process that was killed", async () => {
    writeLock([{ pid: endedPid(), startedAt: null }]);
    const lock = await acquireInstallLock(file, { onWait: () => expect.unreachable() });
    expect(JSON.parse(readFileSync(file, "utf8")).processes[0].pid).toBe(process.pid);
    lock.release();
  });

  it("is not taken over while the npm of a killed installer goes on", async () => {
    const npm = spawn(process.execPath, ["-e", "process.stdin.resume()"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    await once(npm, "spawn");
    writeLock([
      { pid: endedPid(), startedAt: null },
      { pid: npm.pid!, startedAt: null },
    ]);
    let waiting = false;
    const lock = acquireInstallLock(file, {
      onWait: () => {
        waiting = true;
      },
    });
    await expect.poll(() => waiting).toBe(true);
    npm.stdin.end();
    (await lock).release();
    expect(npm.exitCode).toBe(0);
  });

  it.runIf(process.platform === "linux")(
    "is taken over when the id of its process has gone to another one since (Linux tells start times)",
    async () => {
      writeLock([{ pid: process.pid, startedAt: "1" }]);
      const lock = await acquireInstallLock(file, { onWait: () => expect.unreachable() });
      lock.release();
    },
  );

  it.runIf(process.platform === "linux")("is taken over from a zombie (Linux tells)", async () => {
    // The shell starts a process that ends, then becomes one that never asks after it.
    const parent = spawn("/bin/sh", ["-c", "sh -c 'echo $$' & exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = await once(parent.stdout, "data");
    const pid = Number(String(line));
    const state = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2];
    await expect.poll(state).toBe("Z");
    writeLock([{ pid, startedAt: null }]);
    const lock = await acquireInstallLock(file, { onWait: () => expect.unreachable() });
    lock.release();
    parent.kill();
  });

  it.each([
    ["of another machine", () => writeLock([{ pid: 1, startedAt: "1" }], "elsewhere.example")],
    ["cut short", () => writeFileSync(file, '{"host":')],
  ])("%s is taken over when it is older than any installation takes", async (_case, write) => {
    write();
    let waiting = false;
    const lock = acquireInstallLock(file, {
      onWait: () => {
        waiting = true;
      },
    });
    await expect.poll(() => waiting).toBe(true);
    const longAgo = Date.now() / 1000 - 3600;
    utimesSync(file, longAgo, longAgo);
    (await lock).release();
  });

  it("names the process that the installer started, too", async () => {
    const lock = await acquireInstallLock(file);
    lock.alsoHeldBy(4242);
    const { processes } = JSON.parse(readFileSync(file, "utf8"));
    expect(processes.map(({ pid }: { pid: number }) => pid)).toEqual([process.pid, 4242]);
    lock.release();
  });
});
