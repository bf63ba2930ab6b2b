/** Where a switchboard gets its config. `httpService` is the one for a Relearn service. */
export interface ConfigSource {
  /**
   * The present config (still unchecked), or word that it is the one of `etag`. Rejects where it cannot say:
   * the switchboard then goes on with what it has and asks again.
   */
  load(etag: string | null): Promise<ConfigAnswer>;
}

export type ConfigAnswer =
  | { readonly status: "unchanged" }
  | { readonly status: "changed"; readonly config: unknown; readonly etag: string | null };

/** A config that was in force, kept for a start without the service. */
export interface CachedConfig {
  readonly config: unknown;
  readonly etag: string | null;
  /** When the service last said that this is the present config; ISO 8601 UTC. */
  readonly confirmed_at: string;
}

/** Where the last config is kept; `createFileCache` of `@relearn/client/node` is the one for a file. */
export interface ConfigCache {
  /** Null where there is none; rejects where there is one that cannot be trusted. */
  read(): Promise<CachedConfig | null>;
  write(entry: CachedConfig): Promise<void>;
}
