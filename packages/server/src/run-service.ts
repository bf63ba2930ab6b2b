import { pino } from "pino";
import { withoutSecrets } from "./access/api-key.ts";
import { serviceAuthentication } from "./api/authenticate.ts";
import { startService } from "./api/service.ts";
import { createInstallationApp, type Installation, openInstallation, RELEARN_VERSION } from "./compose.ts";
import { type DatabaseLocation, DEFAULT_PORT, findDatabase } from "./config.ts";
import { RelearnError } from "./errors.ts";
import { RateLimiter } from "./http/rate-limiter.ts";
import { isLoopbackName } from "./http/same-origin.ts";
import { type JobWorker, startJobWorker } from "./jobs/job-worker.ts";
import { loggedError } from "./logged-error.ts";
import { type NotificationWorker, startNotificationWorker } from "./notifications/notification-worker.ts";

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
  const location = findDatabase(options, options.environment);
  const log = pino(
    {
      base: { service: "relearn" },
      level: options.environment["RELEARN_LOG_LEVEL"] ?? "info",
      // Nothing logs a key; but one may stand in an address that somebody typed, or in an error's text.
      hooks: { streamWrite: withoutSecrets },
      serializers: { err: loggedError },
    },
    pino.destination(2),
  );
  const installation = await openInstallation(location);
  const { access } = installation;
  let worker: JobWorker | undefined;
  let teller: NotificationWorker | undefined;
  try {
    if (!isLoopbackName(options.host) && !(await access.hasUsableAdminKey())) {
      throw new RelearnError(
        "admin_key_missing",
        `Relearn listens on ${options.host} only once there is an admin key, since others reach it there. Make one on this machine with \`relearn keys create --role admin${databaseFlag(options)}\`, or leave --host out to serve this machine alone.`,
      );
    }
    const isOpen = await access.isOpen();
    access.subscribeRefusals((refusal) => log.warn(refusal, "a key was not let in"));
    access.subscribeClosing(() => log.info("a key has been made: from now on every request needs one"));
    worker = startJobWorker({
      jobs: installation.jobs,
      reportFailure: (error) => log.error({ err: error }, "due jobs could not be run"),
    });
    const app = createInstallationApp(installation, {
      authenticate: serviceAuthentication({ access, machineToken: installation.lock?.document.token }),
      rateLimiter: new RateLimiter(),
      reportFailure: (error, request, requestId) =>
        log.error(
          {
            err: error,
            request_id: requestId,
            method: request.method,
            path: new URL(request.url).pathname,
          },
          "request failed",
        ),
      reportRequest: (answered) => log.debug(answered, "answered"),
    });
    const service = await startService(app, {
      host: options.host,
      port: options.port ?? DEFAULT_PORT,
      searchPort: options.port === undefined,
    });
    await installation.lock?.announce(addressHere(service.address));
    installation.serveAt(addressHere(service.address));
    teller = startNotificationWorker({
      notifications: installation.notifications,
      audit: installation.audit,
      reportFailure: (error) => log.error({ err: error }, "the delivery of notifications reports a failure"),
    });
    log.info(
      { address: service.address, version: RELEARN_VERSION, database: describePlace(location) },
      isOpen ? "serving, open to this machine: no key has been made" : "serving: every request needs a key",
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
        // A stream of changes has no end of its own.
        installation.changes.close();
        await service.stop();
        await teller?.stop();
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
    await teller?.stop();
    await installation.close();
    throw error;
  }
}

/** Where commands on this machine reach a service that listens on every address. */
function addressHere(address: string): string {
  return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

/** The option by which another command finds the same database; the address of a server may hold a password. */
function databaseFlag({ data, database }: RunServiceOptions): string {
  if (data !== undefined) return ` --data ${data}`;
  return database === undefined ? "" : " --database URL";
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
