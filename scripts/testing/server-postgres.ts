/**
 * A PostgreSQL server for the tests: the one named by RELEARN_TEST_DATABASE_URL, else one of our own, made
 * anew in a temporary folder, on a free port of the loopback interface, with a random password.
 *
 * Our own must not outlive the tests, however they end. So a small shell process in a session of its own
 * starts it, waits for the end of its standard input, then stops it and removes the folder: the input ends
 * when we close it, and just as well when we are killed. (An exit handler would miss a `kill -9`, and a
 * plain child process a closed terminal.)
 *
 * It is made unlike the embedded database where installations differ too, so that SQL which leans on the
 * one shows on the other: text sorts by English rules instead of by bytes, and sessions are in a time zone
 * that is neither UTC nor whole hours away from it.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { installDebianPackages } from "./debian-package.ts";

export interface ServerPostgres {
  /** Holds the password: for the tests, not for the terminal. */
  url: string;
  /** For people: which server this is. */
  description: string;
  stop(): Promise<void>;
}

/** What the product promises to run on. */
const oldestMajor = 15;

export async function startServerPostgres(
  signal: AbortSignal,
): Promise<ServerPostgres | { unavailable: string }> {
  const given = process.env["RELEARN_TEST_DATABASE_URL"];
  if (given) return { url: given, description: "of RELEARN_TEST_DATABASE_URL", stop: async () => {} };
  const programs = await findOrInstallPrograms(signal);
  if ("unavailable" in programs) return programs;
  // Between our finding the port free and the server's taking it somebody else may take it.
  let failure = "";
  for (let attempt = 0; attempt < 3 && !signal.aborted; attempt++) {
    const started = await startIn(programs);
    if ("url" in started) return started;
    failure = started.unavailable;
  }
  return { unavailable: `PostgreSQL ${programs.major} did not start: ${failure}` };
}

interface Programs {
  folder: string;
  major: number;
}

async function findOrInstallPrograms(signal: AbortSignal): Promise<Programs | { unavailable: string }> {
  const found = findPrograms();
  if (found !== undefined) return found;
  const unavailable = await installDebianPackages(["postgresql"], signal);
  if (unavailable !== undefined) return { unavailable };
  return (
    findPrograms() ?? { unavailable: `Debian's postgresql is installed, but it is older than ${oldestMajor}` }
  );
}

/** The oldest that will do, as the newest is what the embedded database has. */
function findPrograms(): Programs | undefined {
  const debian = "/usr/lib/postgresql";
  const majors = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const candidates = majors
    .filter((major) => major >= oldestMajor)
    .sort((a, b) => a - b)
    .map((major) => ({ folder: join(debian, String(major), "bin"), major }));
  // Elsewhere initdb is in PATH, and says itself when it is too old for its options.
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    candidates.push({ folder, major: oldestMajor });
  }
  return candidates.find(({ folder }) =>
    ["initdb", "pg_ctl"].every((name) => existsSync(join(folder, name))),
  );
}

async function startIn({ folder, major }: Programs): Promise<ServerPostgres | { unavailable: string }> {
  const home = mkdtempSync(join(tmpdir(), "relearn-postgres-"));
  const port = await freePort();
  const password = randomBytes(18).toString("hex");
  writeFileSync(join(home, "password"), password, { mode: 0o600 });
  writeFileSync(join(home, "settings"), settings(port));
  const keeper = spawn("/bin/sh", ["-c", keeperScript, "relearn-postgres", home, folder], {
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  const ended = new Promise<void>((done) => keeper.on("close", () => done()));
  keeper.stdin.on("error", () => {}); // it ended by itself; `ended` tells
  let complaints = "";
  keeper.stderr.on("data", (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const ready = new Promise<boolean>((done) => {
    keeper.stdout.on("data", (chunk: Buffer) => chunk.toString().includes("ready") && done(true));
    keeper.on("error", () => done(false));
    keeper.on("close", () => done(false));
  });
  if (!(await ready)) {
    await ended;
    return { unavailable: complaints.trim().split("\n").slice(-3).join(" / ") || "no reason given" };
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    description: `${major}, made for this run on port ${port}`,
    async stop() {
      keeper.stdin.end();
      await ended;
    },
  };
}

/**
 * $1: the folder, removed at the end; $2: PostgreSQL's programs. Server programs refuse to run as root, so
 * root runs them as the user that Debian's package makes.
 */
const keeperScript = `
home=$1 programs=$2
as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
clean_up() {
  [ -f "$home/data/postmaster.pid" ] && as_owner "$programs/pg_ctl" stop -s -m immediate -D "$home/data"
  rm -rf "$home"
}
trap clean_up EXIT
if [ "$(id -u)" = 0 ]; then chown -R postgres "$home" || exit 1; fi
as_owner "$programs/initdb" -D "$home/data" -U postgres --pwfile="$home/password" --auth=scram-sha-256 \
  --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US --no-sync >/dev/null || exit 1
cat "$home/settings" >> "$home/data/postgresql.conf" || exit 1
if ! as_owner "$programs/pg_ctl" start -s -w -t 60 -D "$home/data" -l "$home/log" </dev/null; then
  tail -n 3 "$home/log" >&2
  exit 1
fi
echo ready
cat >/dev/null
`;

const settings = (port: number) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
max_connections = 200
timezone = 'Asia/Kolkata'
# Survives a crash of the server, not of the machine: nobody needs this data after that.
fsync = off
full_page_writes = off
`;

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.on("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? done(address.port) : fail(new Error("no port")),
      );
    });
  });
}
