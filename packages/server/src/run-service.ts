import { pino } from "pino";
import { createInstallationApp, type Installation, openInstallation, RELEARN_VERSION } from "./compose.ts";
import { type DatabaseLocation, DEFAULT_PORT, findDatabase } from "./config.ts";
import { RelearnError } from "./errors.ts";
import { openAuthentication } from "./http/authenticate.ts";
import { startService } from "./http/service.ts";
import { type RunningJobWorker, startJobWorker } from "./jobs/job-worker.ts";

export interface RunServiceOptions {
  readonly data?: string;
  readonly database?: string;
  readonly host: string;
  /** Left out: 4380, or the next free one. */
  readonly port?: number;
  readonly environment: NodeJS.ProcessEnv;
}

export interface RunningInstallation {
  readonly address: string;
  /** Which database it serves, without secrets. */
  readonly place: string;
  readonly installation: Installation;
  stop(): Promise<void>;
  /** Resolves when the service has stopped, by `stop` or by a signal. */
  readonly stopped: Promise<void>;
}

/** Opens the database, starts the jobs, opens the port; ends on SIGINT and SIGTERM with everything closed. */
export async function runService(options: RunServiceOptions): Promise<RunningInstallation> {
  if (!isLoopback(options.host)) {
    throw new RelearnError(
      "forbidden",
      `Relearn listens on loopback only while no key has been made; ${options.host} is not loopback. Leave --host out.`,
    );
  }
  const location = findDatabase(options, options.environment);
  const log = pino(
    { base: { service: "relearn" }, level: options.environment["RELEARN_LOG_LEVEL"] ?? "info" },
    pino.destination(2),
  );
  const installation = await openInstallation(location);
  let worker: RunningJobWorker | undefined;
  try {
    worker = await startJobWorker({
      jobs: installation.jobs,
      database: installation.database,
      serverUrl: location.kind === "server" ? location.url : undefined,
      reportFailure: (error) => log.error({ err: error }, "the jobs' queue reports a failure"),
    });
    const app = createInstallationApp(installation, {
      authenticate: openAuthentication(),
      reportFailure: (error, request) =>
        log.error(
          { err: error, method: request.method, path: new URL(request.url).pathname },
          "request failed",
        ),
    });
    const service = await startService(app, {
      host: options.host,
      port: options.port ?? DEFAULT_PORT,
      searchPort: options.port === undefined,
    });
    await installation.lock?.announce(service.address);
    log.info(
      { address: service.address, version: RELEARN_VERSION, database: describePlace(location) },
      "serving, open to this machine: no key has been made",
    );

    let ending: Promise<void> | undefined;
    let resolveStopped!: () => void;
    const stopped = new Promise<void>((resolve) => {
      resolveStopped = resolve;
    });
    const stop = (): Promise<void> => {
      ending ??= (async () => {
        process.off("SIGINT", stop);
        process.off("SIGTERM", stop);
        // The jobs first: a run asked for over HTTP is then told to end and answers.
        await worker?.stop();
        await service.stop();
        await installation.close();
        resolveStopped();
      })();
      return ending;
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    return { address: service.address, place: describePlace(location), installation, stop, stopped };
  } catch (error) {
    await worker?.stop();
    await installation.close();
    throw error;
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function describePlace(location: DatabaseLocation): string {
  switch (location.kind) {
    case "memory":
      return "a database in memory";
    case "folder":
      return location.folder;
    case "server": {
      const { hostname, pathname } = new URL(location.url);
      return `PostgreSQL at ${hostname}${pathname}`;
    }
  }
}
