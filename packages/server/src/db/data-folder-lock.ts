/**
 * Lock of an embedded data folder: `relearn.lock`, mode 0600.
 *
 * Two processes on one PGlite folder lose data without an error, so a process creates this file before it opens
 * PGlite. The file is created atomically by a hard link; it identifies the process by id and start time, because
 * ids are reused. A lock whose process is dead is stale and can be replaced: a process first acquires a lock on
 * the text of the stale lock (`.over-HASH`), checks that the text is unchanged, and then renames its own lock
 * over it. Concurrent processes therefore replace a stale lock only once.
 * Rejected: flock(2), which Node does not offer; a port as a lock, which gives the second process no
 * information; renaming the stale lock away, by which a slow process could move the new lock of another one.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RelearnError } from "../errors.ts";

export interface FolderLockDocument {
  readonly pid: number;
  /** Start time of the process as the operating system reports it; identifies the process together with the pid. */
  readonly process_started: string;
  /** Address of the service that holds the folder; null if the process runs no service. */
  readonly address: string | null;
  /** Token that grants `machineRights` in the service to anyone who can read this file. */
  readonly token: string;
}

export interface FolderLock {
  readonly document: FolderLockDocument;
  /** Publishes the address of the service that this process runs. */
  announce(address: string): Promise<void>;
  /** Releases the folder. Safe to call twice. */
  release(): Promise<void>;
}

export const getLockFile = (folder: string): string => join(folder, "relearn.lock");

/**
 * Locks the folder; creates it if it is missing. Throws `data_folder_locked` with the holder's process and
 * address, and `database_unavailable` if the folder cannot be created or written.
 */
export async function lockDataFolder(folder: string): Promise<FolderLock> {
  try {
    // Mode 0700: other users of the machine have no access.
    await makeFolder(folder);
    return await lockFolder(folder);
  } catch (error) {
    if (!hasCode(error, ...unusableFolderCodes)) throw error;
    throw new RelearnError(
      "database_unavailable",
      `${folder} cannot be used as the data folder: ${(error as Error).message}. Give --data a folder that you can write to, or one that does not exist yet.`,
      { cause: error },
    );
  }
}

const unusableFolderCodes: readonly string[] = [
  "EEXIST",
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOSPC",
  "EDQUOT",
];

/** Creates a folder and its parents. Node's recursive `mkdir` loops forever if the parent refuses folders, as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, "EEXIST") && (await stat(folder)).isDirectory()) return;
    const parent = dirname(folder);
    if (!hasCode(error, "ENOENT") || parent === folder || (await isThere(parent))) throw error;
    await makeFolder(parent);
    await makeFolder(folder);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

async function lockFolder(folder: string): Promise<FolderLock> {
  const file = getLockFile(folder);
  const own: FolderLockDocument = {
    pid: process.pid,
    process_started: (await processStart(process.pid)) ?? "unknown",
    address: null,
    token: randomBytes(24).toString("base64url"),
  };
  const holder = await acquire(file, own);
  if (holder !== undefined) throw lockedError(folder, holder);
  return heldLock(file, own);
}

/** Attempts to acquire the lock; together longer than another process needs to replace a stale lock. */
const MAX_ATTEMPTS = 200;
const ATTEMPT_INTERVAL_MS = 10;

/** Acquires the lock file, or returns the holder if its process is alive. */
async function acquire(file: string, own: FolderLockDocument): Promise<FolderLockDocument | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (await createWhole(file, own)) return undefined;
    const text = await readText(file);
    if (text === undefined) continue;
    const holder = parseLock(text);
    if (await isHeld(holder)) return holder;
    const over = `${file}.over-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    if ((await acquire(over, own)) === undefined) {
      try {
        if ((await readText(file)) === text) {
          await writeBeside(file, own, (beside) => rename(beside, file));
          return undefined;
        }
      } finally {
        await rm(over, { force: true });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, ATTEMPT_INTERVAL_MS));
  }
  throw new RelearnError(
    "data_folder_locked",
    `${file} could not be acquired, because other processes try to acquire it at the same time. Try again.`,
  );
}

/** Returns the lock of a folder if its process is alive, else undefined. */
export async function findFolderHolder(folder: string): Promise<FolderLockDocument | undefined> {
  const holder = await readFolderLock(folder);
  return holder !== undefined && (await isHeld(holder)) ? holder : undefined;
}

async function readFolderLock(folder: string): Promise<FolderLockDocument | undefined> {
  const text = await readText(getLockFile(folder));
  return text === undefined ? undefined : parseLock(text);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    // ENOTDIR: the path is a file; `lockDataFolder` reports it.
    if (isMissing(error) || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Parses a lock document. Any other text is treated as the lock of a dead process. */
function parseLock(text: string): FolderLockDocument {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "pid" in parsed) return parsed as FolderLockDocument;
  } catch {
    // An incomplete file, for example because the disk was full.
  }
  return { pid: -1, process_started: "unknown", address: null, token: "" };
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
      // By rename, so that a reader never sees an incomplete file.
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

/** Creates the file with its content atomically. Returns false if it exists. */
function createWhole(file: string, document: FolderLockDocument): Promise<boolean> {
  return writeBeside(file, document, async (beside) => {
    try {
      await link(beside, file);
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      // The file system has no hard links; a reader can then see incomplete content.
      if (!hasCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")) throw error;
    }
    try {
      await copyFile(beside, file, constants.COPYFILE_EXCL);
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      throw error;
    }
  });
}

async function writeBeside<Result>(
  file: string,
  document: FolderLockDocument,
  use: (beside: string) => Promise<Result>,
): Promise<Result> {
  const beside = `${file}.${randomBytes(8).toString("hex")}`;
  await writeFile(beside, JSON.stringify(document), { mode: 0o600 });
  try {
    return await use(beside);
  } finally {
    await rm(beside, { force: true });
  }
}

async function isHeld(holder: FolderLockDocument): Promise<boolean> {
  if (holder.pid <= 0) return false;
  const start = await processStart(holder.pid);
  if (start === undefined) return false;
  return holder.process_started === "unknown" || start === "unknown" || start === holder.process_started;
}

/** Returns the start time of a live process, "unknown" if the system does not report it, or undefined if the process is dead. */
async function processStart(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return undefined;
  }
  if (process.platform !== "linux") return "unknown";
  try {
    const line = await readFile(`/proc/${pid}/stat`, "utf8");
    // Field 2 is the command in parentheses and can contain spaces; field 3 is the state, field 22 the start time.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
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
        : `, the service at ${holder.address}. Connect to it with --url ${holder.address}, or use another folder with --data.`),
    { details: { folder, pid: holder.pid, address: holder.address } },
  );
}

function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT", "ESRCH");
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
