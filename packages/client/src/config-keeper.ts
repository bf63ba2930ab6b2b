import { type ConfigSnapshot, prepareSnapshot } from "./config-snapshot.ts";
import type { ConfigCache, ConfigSource } from "./config-source.ts";
import { InvalidDocumentError } from "./invalid-document-error.ts";
import { parseSwitchboardConfig } from "./switchboard-config.ts";

/** Keeps the last config that was any good, and how old the service's word for it is. */
export interface ConfigKeeper {
  readonly snapshot: ConfigSnapshot | null;
  /** When the service last said that this is the present config; milliseconds since 1970. */
  readonly confirmedAt: number;
  readonly refreshes: number;
  readonly failedRefreshes: number;
  /** Asks now; a config that cannot decide counts as a failure and leaves the last one in force. */
  refresh(): Promise<"changed" | "unchanged" | "failed">;
  /** True once there is a config, false when the first refresh and the cache have both failed. */
  ready(): Promise<boolean>;
}

export interface ConfigKeeperOptions {
  readonly agent: string;
  readonly source: ConfigSource;
  /** A config that holds for good: it is in force at once, and `source` is never asked. */
  readonly fixed: unknown;
  readonly cache: ConfigCache | undefined;
  readonly now: () => number;
  readonly report: (part: "refresh" | "cache", error: unknown) => void;
  /** After each attempt to get a config: what there is now, and whether this attempt brought it. */
  readonly onAttempt: (snapshot: ConfigSnapshot | null, confirmedAt: number, brought: boolean) => void;
}

/** How often an unchanged config's confirmation is written to the cache: its age matters in hours. */
const CACHE_CONFIRM_MS = 300_000;

/** Starts at once to read the cache and to ask the service; whichever comes first decides, the service stays. */
export function createConfigKeeper({
  agent,
  source,
  fixed,
  cache,
  now,
  report,
  onAttempt,
}: ConfigKeeperOptions): ConfigKeeper {
  let snapshot: ConfigSnapshot | null = null;
  let confirmedAt = 0;
  let etag: string | null = null;
  let refreshes = 0;
  let failedRefreshes = 0;
  let writtenAt = Number.NEGATIVE_INFINITY;
  let running: Promise<"changed" | "unchanged" | "failed"> | undefined;

  const prepare = (input: unknown): ConfigSnapshot => {
    const config = parseSwitchboardConfig(input);
    if (config.agent !== agent) {
      throw new InvalidDocumentError("agent", `is "${config.agent}"; this switchboard is for "${agent}".`);
    }
    return prepareSnapshot(config);
  };

  const keep = async (): Promise<void> => {
    if (cache === undefined || snapshot === null) return;
    try {
      writtenAt = now();
      await cache.write({
        config: snapshot.config,
        etag,
        confirmed_at: new Date(confirmedAt).toISOString(),
      });
    } catch (error) {
      report("cache", error);
    }
  };

  const load = async (): Promise<"changed" | "unchanged" | "failed"> => {
    if (fixed !== undefined) return "unchanged";
    refreshes += 1;
    try {
      // An etag without a config would bring "unchanged" for a config that is not there.
      const answer = await source.load(snapshot === null ? null : etag);
      if (answer.status === "changed") {
        snapshot = prepare(answer.config);
        etag = answer.etag;
      } else if (snapshot === null) {
        throw new Error("The service says that the config is unchanged, but there is none yet.");
      }
      confirmedAt = now();
      onAttempt(snapshot, confirmedAt, answer.status === "changed");
      if (answer.status === "changed" || confirmedAt - writtenAt >= CACHE_CONFIRM_MS) await keep();
      return answer.status;
    } catch (error) {
      failedRefreshes += 1;
      report("refresh", error);
      onAttempt(snapshot, confirmedAt, false);
      return "failed";
    }
  };

  const refresh = (): Promise<"changed" | "unchanged" | "failed"> => {
    running ??= load().finally(() => {
      running = undefined;
    });
    return running;
  };

  const readCache = async (): Promise<boolean> => {
    try {
      const cached = fixed === undefined ? ((await cache?.read()) ?? null) : null;
      if (cached === null || snapshot !== null) return false;
      const confirmed = Date.parse(cached.confirmed_at);
      if (Number.isNaN(confirmed)) {
        throw new InvalidDocumentError("confirmed_at", `is no time: ${cached.confirmed_at}.`);
      }
      snapshot = prepare(cached.config);
      etag = cached.etag;
      // A clock that was ahead when the file was written must not make the config last longer.
      confirmedAt = Math.min(confirmed, now());
      onAttempt(snapshot, confirmedAt, true);
      return true;
    } catch (error) {
      report("cache", error);
      return false;
    }
  };

  if (fixed !== undefined) {
    snapshot = prepare(fixed);
    confirmedAt = Number.POSITIVE_INFINITY;
    onAttempt(snapshot, confirmedAt, true);
  }
  const first = refresh();
  const fromCache = readCache();
  return {
    get snapshot() {
      return snapshot;
    },
    get confirmedAt() {
      return confirmedAt;
    },
    get refreshes() {
      return refreshes;
    },
    get failedRefreshes() {
      return failedRefreshes;
    },
    refresh,
    async ready() {
      if (snapshot !== null) return true;
      if (await fromCache) return true;
      await first;
      return snapshot !== null;
    },
  };
}
