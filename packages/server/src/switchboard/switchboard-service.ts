import type { BundleDocument, SwitchboardConfig } from "@relearn/client";
import type { AgentService } from "../agents/agent-service.ts";
import { findBundle } from "../bundles/bundle-store.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { documentDigest } from "../digest.ts";
import { findRelease } from "../releases/release-store.ts";
import { createSwitchboardConfig } from "./switchboard.ts";

export interface TaggedConfig {
  readonly config: SwitchboardConfig;
  /** Changes with anything in the config except its time. */
  readonly etag: string;
}

/** Provides the configs from which the agents' processes decide. */
export class SwitchboardService {
  readonly #database: Database;
  readonly #agents: AgentService;
  readonly #clock: Clock;

  constructor(database: Database, agents: AgentService, clock: Clock) {
    this.#database = database;
    this.#agents = agents;
    this.#clock = clock;
  }

  async config(agent: string): Promise<TaggedConfig> {
    const definition = await this.#agents.definition(agent);
    const release = await findRelease(this.#database.kysely, agent);
    const bundles = new Map<string, BundleDocument>();
    for (const bundleId of [release.active_bundle_id, release.canary_bundle_id, release.holdback_bundle_id]) {
      if (bundleId === null || bundles.has(bundleId)) continue;
      const stored = await findBundle(this.#database.kysely, bundleId);
      if (stored !== undefined) bundles.set(bundleId, stored.bundle);
    }
    const config = createSwitchboardConfig(definition, release, bundles, this.#clock.now());
    const { generated_at: _generatedAt, ...tagged } = config;
    return { config, etag: `"${documentDigest(tagged).slice(0, 32)}"` };
  }
}
