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
  /** Port to listen on; by default 4380, or the next free port. */
  readonly port?: number;
  readonly environment: NodeJS.ProcessEnv;
}

export interface RunningInstallation {
  readonly address: string;
  /** Description of the database, without secrets. */
  readonly place: string;
  readonly installation: Installation;
  stop(): Promise<void>;
  /** Resolves when the service has stopped, after `stop` or a signal. */
  readonly stopped: Promise<void>;
}

/** Opens the database, starts the jobs and listens on the port. SIGINT and SIGTERM stop it and close everything. */
export async function runService(options: RunServiceOptions): Promise<RunningInstallation> {
  const location = findDatabase(options, options.environment);
  const log = pino(
    {
      base: { service: "relearn" },
      level: options.environment["RELEARN_LOG_LEVEL"] ?? "info",
      // No code logs a key, but an address in a request or the text of an error may contain one.
      hooks: { streamWrite: withoutSecrets },
      serializers: { err: loggedError },
    },
    pino.destination(2),
  );
  const installation = await openInstallation(location);
  const { access } = installation;
  let worker: JobWorker | undefined;
  let notifier: NotificationWorker | undefined;
  try {
    if (!isLoopbackName(options.host) && !(await access.hasUsableAdminKey())) {
      throw new RelearnError(
        "admin_key_missing",
        `Relearn listens on ${options.host} only if there is an admin key, because other machines can reach this address. Create one on this machine with \`relearn keys create --role admin${formatDatabaseOption(options)}\`, or omit --host to serve only this machine.`,
      );
    }
    const isOpen = await access.isOpen();
    access.subscribeRefusals((refusal) => log.warn(refusal, "authentication refused"));
    access.subscribeClosing(() => log.info("the first key was created: every request now needs a key"));
    worker = startJobWorker({
      jobs: installation.jobs,
      reportFailure: (error) => log.error({ err: error }, "failed to run due jobs"),
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
      reportRequest: (answered) => log.debug(answered, "request answered"),
    });
    const service = await startService(app, {
      host: options.host,
      port: options.port ?? DEFAULT_PORT,
      searchPort: options.port === undefined,
    });
    await installation.lock?.announce(toLocalAddress(service.address));
    installation.serveAt(toLocalAddress(service.address));
    notifier = startNotificationWorker({
      notifications: installation.notifications,
      audit: installation.audit,
      reportFailure: (error) => log.error({ err: error }, "failed to deliver notifications"),
    });
    log.info(
      { address: service.address, version: RELEARN_VERSION, database: describeDatabase(location) },
      isOpen
        ? "listening; open to this machine, because there are no keys"
        : "listening; every request needs a key",
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
        // Stop the jobs first, so that a run requested over HTTP ends and its request is answered.
        await worker?.stop();
        // Streams of changes do not end by themselves.
        installation.changes.close();
        await service.stop();
        await notifier?.stop();
        await installation.close();
        resolveStopped();
      })();
      return ending;
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    return { address: service.address, place: describeDatabase(location), installation, stop, stopped };
  } catch (error) {
    await worker?.stop();
    await notifier?.stop();
    await installation.close();
    throw error;
  }
}

/** Returns the address by which commands on this machine reach a service that listens on every address. */
function toLocalAddress(address: string): string {
  return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

/** Formats the option that selects the same database. It omits the URL of a server, which may have a password. */
function formatDatabaseOption({ data, database }: RunServiceOptions): string {
  if (data !== undefined) return ` --data ${data}`;
  return database === undefined ? "" : " --database URL";
}

function describeDatabase(location: DatabaseLocation): string {
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
