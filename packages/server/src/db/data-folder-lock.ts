/**
 * The lock of an embedded data folder: `relearn.lock`, mode 0600.
 *
 * Two processes on one PGlite folder lose data without an error, so whoever opens the folder makes this file
 * first, and PGlite comes after. The file appears whole, by a hard link, or not at all; it names the process by
 * id *and* start time, since ids come round again. A lock whose process is gone is taken over: who wants to
 * replace it first takes a lock on that very text (`.over-HASH`), looks whether it still stands there, and then
 * renames its own over it. Several newcomers therefore replace a dead lock once, however they interleave.
 * Rejected: flock(2), which Node does not offer; a port as a lock, which says nothing to the second process;
 * renaming the dead lock aside, by which a late newcomer moves the fresh lock of an early one.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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

export const getLockFile = (folder: string): string => join(folder, "relearn.lock");

/**
 * Takes the folder, making it where it is missing. Throws `data_folder_locked` with the holder's process and
 * address, `database_unavailable` where no folder can be there or nothing can be written into it.
 */
export async function lockDataFolder(folder: string): Promise<FolderLock> {
  try {
    // What the folder holds is nobody else's on this machine.
    await makeFolder(folder);
    return await lockFolder(folder);
  } catch (error) {
    if (!hasCode(error, ...noFolderThere)) throw error;
    throw new RelearnError(
      "database_unavailable",
      `${folder} cannot be a data folder: ${(error as Error).message}. Give --data a folder that is yours to write in, or one that does not exist yet.`,
      { cause: error },
    );
  }
}

const noFolderThere: readonly string[] = [
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

/** As `mkdir -p`. Node's recursive form goes round for ever where the parent is there and takes none, as /proc. */
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

/** Longer than a newcomer needs to replace a dead lock; whoever comes at the same time waits for it. */
const ROUNDS = 200;
const ROUND_MS = 10;

/** Takes the lock file, or gives its living holder. */
async function acquire(file: string, own: FolderLockDocument): Promise<FolderLockDocument | undefined> {
  for (let round = 0; round < ROUNDS; round++) {
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
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  }
  throw new RelearnError(
    "data_folder_locked",
    `${file} could not be taken: others take it at the same time. Try again.`,
  );
}

/** The lock of a folder if its process is alive, else undefined. */
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
    // ENOTDIR: the "folder" is a file; who wants to lock it is told so.
    if (isMissing(error) || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

/** What is no lock document counts as one of a process that is gone. */
function parseLock(text: string): FolderLockDocument {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "pid" in parsed) return parsed as FolderLockDocument;
  } catch {
    // Half a file, of a disk that was full.
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

/** Makes the file with its content at once; false where there is one. */
function createWhole(file: string, document: FolderLockDocument): Promise<boolean> {
  return writeBeside(file, document, async (beside) => {
    try {
      await link(beside, file);
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      // A file system without hard links: its content may then be seen half written.
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

/** The start time of a living process; "unknown" where the system does not tell; undefined where none lives. */
async function processStart(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return undefined;
  }
  if (process.platform !== "linux") return "unknown";
  try {
    const line = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may hold spaces; the start time is field 22, the state field 3.
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
        : `, the service at ${holder.address}. Talk to it with --url ${holder.address}, or use another folder with --data.`),
    { details: { folder, pid: holder.pid, address: holder.address } },
  );
}

function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT", "ESRCH");
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
