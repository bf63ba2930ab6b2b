import { type ConfigSnapshot, prepareSnapshot } from "./config-snapshot.ts";
import type { ConfigCache, ConfigSource } from "./config-source.ts";
import { InvalidDocumentError } from "./invalid-document-error.ts";
import { parseSwitchboardConfig } from "./switchboard-config.ts";

/** Keeps the last valid config, and the time at which the service last confirmed it. */
export interface ConfigKeeper {
  readonly snapshot: ConfigSnapshot | null;
  /** Time at which the service last confirmed the config; milliseconds since 1970. */
  readonly confirmedAt: number;
  readonly refreshes: number;
  readonly failedRefreshes: number;
  /** Requests the config. An invalid config counts as a failure; the last one stays in effect. */
  refresh(): Promise<"changed" | "unchanged" | "failed">;
  /** Resolves to true once there is a config, to false if the first refresh and the cache have both failed. */
  ready(): Promise<boolean>;
}

export interface ConfigKeeperOptions {
  readonly agent: string;
  readonly source: ConfigSource;
  /** Permanent config: takes effect at once, and `source` is never used. */
  readonly fixed: unknown;
  readonly cache: ConfigCache | undefined;
  readonly now: () => number;
  readonly report: (part: "refresh" | "cache", error: unknown) => void;
  /** Called after each attempt to get a config, with the current config and whether this attempt changed it. */
  readonly onAttempt: (snapshot: ConfigSnapshot | null, confirmedAt: number, isChanged: boolean) => void;
}

/** Minimum time between writes of an unchanged config's confirmation to the cache. */
const CACHE_CONFIRM_MS = 300_000;

/** Creates a keeper that reads the cache and requests the config at once. A config of the service replaces one of the cache. */
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

  const writeCache = async (): Promise<void> => {
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
      // Without a config, an etag would lead to the answer "unchanged".
      const answer = await source.load(snapshot === null ? null : etag);
      if (answer.status === "changed") {
        snapshot = prepare(answer.config);
        etag = answer.etag;
      } else if (snapshot === null) {
        throw new Error(
          "The service answered that the config is unchanged, but no config was loaded before.",
        );
      }
      confirmedAt = now();
      onAttempt(snapshot, confirmedAt, answer.status === "changed");
      if (answer.status === "changed" || confirmedAt - writtenAt >= CACHE_CONFIRM_MS) await writeCache();
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
        throw new InvalidDocumentError("confirmed_at", `is not a time: ${cached.confirmed_at}.`);
      }
      snapshot = prepare(cached.config);
      etag = cached.etag;
      // A clock that was ahead when the file was written must not extend the validity of the config.
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
