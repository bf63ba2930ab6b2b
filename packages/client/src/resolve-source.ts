import type { BundleDocument, DecisionConfig } from "./bundle-document.ts";
import { checkDecisionConfig } from "./check-model.ts";
import type { ConfigSource } from "./config-source.ts";
import { type EventSink, httpService } from "./http-service.ts";
import type { SwitchboardConfig } from "./switchboard-config.ts";

/** A bundle as it is stored, or as the switchboard hands it out. */
type OneBundle = Pick<BundleDocument, "bundle_id" | "digest"> & DecisionConfig;

/** Where the config comes from and the reports go: exactly one of `url`, `source`, `bundle`. */
export interface SourceOptions {
  readonly agent: string;
  /** Address of a Relearn service. */
  readonly url?: string | undefined;
  /** With `url`. */
  readonly apiKey?: string | undefined;
  /** With `url`: 2,000 for one request. */
  readonly requestTimeoutMs?: number | undefined;
  /** With `url`. */
  readonly fetch?: typeof fetch | undefined;
  readonly source?: (ConfigSource & Partial<EventSink>) | undefined;
  /** One bundle (a `BundleDocument`) that decides for everything, without any service; it is never stale. */
  readonly bundle?: OneBundle | undefined;
}

/** The source of configs that the options name, or the config that holds for good. */
export function resolveSource(options: SourceOptions): {
  readonly source: ConfigSource & Partial<EventSink>;
  readonly fixed: SwitchboardConfig | undefined;
} {
  const { url, source, bundle, agent } = options;
  const given = [url, source, bundle].filter((each) => each !== undefined).length;
  if (given !== 1) {
    throw new TypeError(
      `createSwitchboard needs exactly one of url, source and bundle; ${given} of them are given.`,
    );
  }
  if (bundle !== undefined) {
    return {
      source: { load: async () => ({ status: "unchanged" }) },
      fixed: configOfBundle(agent, bundle),
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

/** The config under which one bundle is active for everything. */
function configOfBundle(agent: string, bundle: OneBundle): SwitchboardConfig {
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
