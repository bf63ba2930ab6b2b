/**
 * The lock of an embedded data folder: `relearn.lock`, mode 0600.
 *
 * Two processes on one PGlite folder lose data without an error, so whoever opens the folder makes this file
 * first, and PGlite comes after. The file is created exclusively (`wx`), which is atomic; it names the process
 * by id *and* start time, since ids come round again. A lock whose process is gone is taken over: the newcomer
 * renames it aside, which only one of several newcomers can do, and then creates its own.
 * Rejected: flock(2), which Node does not offer; a port as a lock, which says nothing to the second process.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RelearnError } from "../errors.ts";

export interface FolderLockDocument {
  readonly pid: number;
  /** When the process started, in the system's own terms; with the pid it names one process. */
  readonly process_started: string;
  /** Address of the service that holds the folder, null while it serves none. */
  readonly address: string | null;
  /** Opens the service to whoever can read this file, with `machineRights`. */
  readonly token: string;
}

export interface FolderLock {
  readonly document: FolderLockDocument;
  /** Publishes the address of the service that this process runs. */
  announce(address: string): Promise<void>;
  /** Gives the folder free. Safe to call twice. */
  release(): Promise<void>;
}

export const lockFileOf = (folder: string): string => join(folder, "relearn.lock");

/** Takes the folder, or throws `data_folder_locked` with the holder's process and address. */
export async function lockDataFolder(folder: string): Promise<FolderLock> {
  // What the folder holds is nobody else's on this machine.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = lockFileOf(folder);
  const own: FolderLockDocument = {
    pid: process.pid,
    process_started: (await processStart(process.pid)) ?? "unknown",
    address: null,
    token: randomBytes(24).toString("base64url"),
  };
  // Each round either takes the folder, finds a living holder, or clears one dead lock away.
  for (let round = 0; round < 10; round++) {
    if (await createExclusively(file, own)) return heldLock(file, own);
    const holder = await readFolderLock(folder);
    if (holder === undefined) continue;
    if (await isHeld(holder)) throw lockedError(folder, holder);
    await setAside(file);
  }
  throw new RelearnError(
    "data_folder_locked",
    `The data folder ${folder} could not be locked: others take it at the same time. Try again.`,
  );
}

/** The lock of a folder if its process is alive, else undefined. */
export async function findFolderHolder(folder: string): Promise<FolderLockDocument | undefined> {
  const holder = await readFolderLock(folder);
  return holder !== undefined && (await isHeld(holder)) ? holder : undefined;
}

async function readFolderLock(folder: string): Promise<FolderLockDocument | undefined> {
  try {
    return JSON.parse(await readFile(lockFileOf(folder), "utf8")) as FolderLockDocument;
  } catch (error) {
    if (isMissing(error)) return undefined;
    // Half a file: its writer died in the middle of it, or is at it now. A dead pid makes it stale.
    if (error instanceof SyntaxError)
      return { pid: -1, process_started: "unknown", address: null, token: "" };
    throw error;
  }
}

function heldLock(file: string, own: FolderLockDocument): FolderLock {
  let document = own;
  let released = false;
  return {
    get document() {
      return document;
    },
    async announce(address) {
      document = { ...document, address };
      // By rename, so that a reader never sees half of it.
      await writeFile(`${file}.new`, JSON.stringify(document), { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
    async release() {
      if (released) return;
      released = true;
      await rm(file, { force: true });
    },
  };
}

async function createExclusively(file: string, document: FolderLockDocument): Promise<boolean> {
  try {
    const handle = await open(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    await handle.writeFile(JSON.stringify(document));
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function setAside(file: string): Promise<void> {
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
    await rm(aside, { force: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function isHeld(holder: FolderLockDocument): Promise<boolean> {
  if (holder.pid <= 0) return false;
  const start = await processStart(holder.pid);
  if (start === undefined) return false;
  return holder.process_started === "unknown" || start === "unknown" || start === holder.process_started;
}

/** The start time of a living process; "unknown" where the system does not tell; undefined where none lives. */
async function processStart(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return undefined;
  }
  if (process.platform !== "linux") return "unknown";
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may hold spaces; the start time is field 22, the state field 3.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : (fields[19] ?? "unknown");
  } catch (error) {
    if (isMissing(error)) return undefined;
    return "unknown";
  }
}

function lockedError(folder: string, holder: FolderLockDocument): RelearnError {
  return new RelearnError(
    "data_folder_locked",
    `The data folder ${folder} is in use by process ${holder.pid}` +
      (holder.address === null
        ? ". Wait until it ends, or use another folder with --data."
        : `, the service at ${holder.address}. Talk to it with --url ${holder.address}, or use another folder with --data.`),
    { details: { folder, pid: holder.pid, address: holder.address } },
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}
