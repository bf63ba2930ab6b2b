// Plain JavaScript: it runs before the installation, on whatever Node the machine has (20.20 or later).
//
// One installation at a time in one checkout. The lock is a file that names the processes at work: the
// installer and the npm it started, because npm goes on when the installer alone is killed. A lock whose
// processes have all ended is taken over. A process is known by its id and its start time, since ids are
// used again, above all in containers. Node has no flock(2), and the flock program is not everywhere.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** @typedef {{ pid: number, startedAt: string | null }} ProcessIdentity */
/** @typedef {{ host: string, processes: ProcessIdentity[] }} LockContent */

const pollMs = 250;
// An installation takes seconds to a few minutes. Longer, and its owner cannot be looked at (another
// machine, or a file cut short): less would let two installations run, more keeps a person waiting.
const abandonedAfterMs = 10 * 60_000;

/**
 * Waits until no other installation holds the file, then holds it.
 * @param {string} file
 * @param {{ onWait?: () => void }} [options] onWait is called once, when there is somebody to wait for
 * @returns {Promise<{ alsoHeldBy(pid: number): void, release(): void }>}
 */
export async function acquireInstallLock(file, { onWait } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const processes = [identityOf(process.pid)];
  const content = () => JSON.stringify({ host: hostname(), processes });
  for (let waits = 0; ; waits++) {
    if (createFile(file, content())) break;
    const held = read(file);
    if (held === undefined) continue; // released between the two looks
    if (isAbandoned(held, Date.now())) {
      takeAway(file, held.text);
      continue;
    }
    if (waits === 0) onWait?.();
    await delay(pollMs);
  }
  return {
    alsoHeldBy(pid) {
      processes.push(identityOf(pid));
      // Renamed into place, so that nobody reads half a file.
      writeFileSync(`${file}.${process.pid}`, content());
      renameSync(`${file}.${process.pid}`, file);
    },
    release() {
      rmSync(file, { force: true });
    },
  };
}

/**
 * @param {string} file
 * @param {string} text
 */
function createFile(file, text) {
  try {
    writeFileSync(file, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * @param {string} file
 * @returns {{ text: string, writtenAtMs: number } | undefined}
 */
function read(file) {
  try {
    return { text: readFileSync(file, "utf8"), writtenAtMs: statSync(file).mtimeMs };
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * @param {{ text: string, writtenAtMs: number }} held
 * @param {number} nowMs
 */
function isAbandoned({ text, writtenAtMs }, nowMs) {
  const tooOld = nowMs - writtenAtMs > abandonedAfterMs;
  /** @type {LockContent} */
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    // Being written this instant, or cut short by a full disk.
    return tooOld;
  }
  if (content.host !== hostname()) return tooOld;
  return !content.processes.some(isAlive);
}

/** @param {ProcessIdentity} identity */
function isAlive({ pid, startedAt }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH") return false;
  }
  const now = readProcess(pid);
  // A zombie has ended; where nobody reaps (a container without an init) it stays for good.
  if (now?.state === "Z") return false;
  return startedAt === null || now === undefined || startedAt === now.startedAt;
}

/**
 * @param {number} pid
 * @returns {ProcessIdentity}
 */
function identityOf(pid) {
  return { pid, startedAt: readProcess(pid)?.startedAt ?? null };
}

/**
 * Undefined where the system has no /proc.
 * @param {number} pid
 */
function readProcess(pid) {
  try {
    // Field 3 is the state, field 22 the start in clock ticks since boot; the name before them, in
    // brackets, may hold spaces and brackets of its own.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], startedAt: fields[19] };
  } catch {
    return undefined;
  }
}

/**
 * Removes an abandoned lock, and only that one: somebody else may have taken it over since it was read.
 * @param {string} file
 * @param {string} abandonedText
 */
function takeAway(file, abandonedText) {
  const aside = `${file}.abandoned.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return;
    throw error;
  }
  const text = readFileSync(aside, "utf8");
  if (text === abandonedText) rmSync(aside);
  else renameSync(aside, file);
}
