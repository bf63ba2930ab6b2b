/** Source of a switchboard's config. `httpService` is the one for a Relearn service. */
export interface ConfigSource {
  /**
   * Returns the current config (not validated), or `unchanged` if it is the one of `etag`. Rejects on failure; the
   * switchboard then keeps its config and tries again.
   */
  load(etag: string | null): Promise<ConfigAnswer>;
}

export type ConfigAnswer =
  | { readonly status: "unchanged" }
  | { readonly status: "changed"; readonly config: unknown; readonly etag: string | null };

/** A config kept for a start without the service. */
export interface CachedConfig {
  readonly config: unknown;
  readonly etag: string | null;
  /** Time at which the service last confirmed the config; ISO 8601 UTC. */
  readonly confirmed_at: string;
}

/** Storage of the last config. `createFileCache` of `@relearn/client/node` stores it in a file. */
export interface ConfigCache {
  /** Returns null if there is no config. Rejects if the stored one is damaged. */
  read(): Promise<CachedConfig | null>;
  write(entry: CachedConfig): Promise<void>;
}
