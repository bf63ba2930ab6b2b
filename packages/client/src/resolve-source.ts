import type { BundleDocument, DecisionConfig } from "./bundle-document.ts";
import { checkDecisionConfig } from "./check-model.ts";
import type { ConfigSource } from "./config-source.ts";
import { type EventSink, httpService } from "./http-service.ts";
import type { SwitchboardConfig } from "./switchboard-config.ts";

/** A stored bundle, or one from a switchboard config. */
type OneBundle = Pick<BundleDocument, "bundle_id" | "digest"> & DecisionConfig;

/** Source of the config and receiver of the events: exactly one of `url`, `source`, `bundle`. */
export interface SourceOptions {
  readonly agent: string;
  /** URL of a Relearn service. */
  readonly url?: string | undefined;
  /** API key for `url`. */
  readonly apiKey?: string | undefined;
  /** Timeout of one request to `url`; 2,000 by default. */
  readonly requestTimeoutMs?: number | undefined;
  /** Replacement of the global `fetch` for `url`. */
  readonly fetch?: typeof fetch | undefined;
  readonly source?: (ConfigSource & Partial<EventSink>) | undefined;
  /** A bundle (`BundleDocument`) that decides for all units, without a service. It is never stale. */
  readonly bundle?: OneBundle | undefined;
}

/** Returns the source of configs that the options name, or the permanent config of `bundle`. */
export function resolveSource(options: SourceOptions): {
  readonly source: ConfigSource & Partial<EventSink>;
  readonly fixed: SwitchboardConfig | undefined;
} {
  const { url, source, bundle, agent } = options;
  const given = [url, source, bundle].filter((each) => each !== undefined).length;
  if (given !== 1) {
    throw new TypeError(
      `createSwitchboard needs exactly one of url, source and bundle; ${given} of them were given.`,
    );
  }
  if (bundle !== undefined) {
    return {
      source: { load: async () => ({ status: "unchanged" }) },
      fixed: toFixedConfig(agent, bundle),
    };
  }
  if (source !== undefined) return { source, fixed: undefined };
  return {
    source: httpService({
      url: url!,
      agent,
      ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
      requestTimeoutMs: options.requestTimeoutMs ?? 2_000,
      fetch: options.fetch ?? fetch,
    }),
    fixed: undefined,
  };
}

/** Creates the config in which one bundle is active for all units. */
function toFixedConfig(agent: string, bundle: OneBundle): SwitchboardConfig {
  const { features, positive, model, thresholds } = checkDecisionConfig(bundle, "bundle");
  return {
    agent,
    generation: 0,
    salt: "",
    canary_basis_points: 0,
    holdback_basis_points: 0,
    kill_switch: false,
    rollout_id: null,
    active: {
      bundle_id: bundle.bundle_id,
      digest: bundle.digest,
      config: { features, positive, model, thresholds },
    },
    canary: null,
    defaults: { thresholds },
    generated_at: "1970-01-01T00:00:00Z",
  };
}
