/**
 * OpenFeature server provider of the switchboard: `@relearn/client/openfeature`.
 *
 * A provider serves one agent; for several agents, use a provider for each under OpenFeature's domains. The targeting key is
 * the unit; the payload is the context's `payload`, or the whole context if it has none. Every evaluation is a decision
 * and exposes its unit, including the flag `canary`.
 *
 * | flag | type | value |
 * |---|---|---|
 * | `label` | string | the decided class |
 * | `positive` | boolean | whether that is the agent's positive class |
 * | `probability` | number | calibrated, of the label |
 * | `positive_probability` | number | calibrated, of the positive class |
 * | `thresholds.NAME` | number | a named threshold of the bundle that decides |
 * | `variant` | string | `active`, `canary`, `holdback` or `defaults` |
 * | `canary` | boolean | whether the canary's bundle decides |
 * | `decision` | object | all of these |
 *
 * A flag name may have the agent's name as a prefix: `inbox_triage.label`. Reasons are those of the switchboard.
 */
import {
  type EvaluationContext,
  FlagNotFoundError,
  GeneralError,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  ProviderNotReadyError,
  type ResolutionDetails,
  type TrackingEventDetails,
  TypeMismatchError,
} from "@openfeature/server-sdk";
import type { Decision } from "./decision.ts";
import type { Outcome } from "./outcome.ts";
import type { Switchboard } from "./switchboard.ts";

/** Tracking event that reports an outcome; its value is the quality. Other events are ignored. */
export const OUTCOME_EVENT = "outcome";

export class RelearnProvider implements Provider {
  readonly metadata = { name: "relearn" };
  readonly runsOn = "server";
  readonly events = new OpenFeatureEventEmitter();
  readonly #switchboard: Switchboard;
  readonly #stopListening: () => void;
  #state: "starting" | "without_config" | "ready" = "starting";

  /** Takes ownership of the switchboard: closing the provider closes it. */
  constructor(switchboard: Switchboard) {
    this.#switchboard = switchboard;
    this.#stopListening = switchboard.onChange(() => {
      // While the provider is starting, OpenFeature itself emits the event at the end of `initialize`.
      if (this.#state === "ready") this.events.emit(ProviderEvents.ConfigurationChanged);
      if (this.#state === "without_config") {
        this.#state = "ready";
        this.events.emit(ProviderEvents.Ready);
      }
    });
  }

  /** Waits for a config. Without one, OpenFeature reports an error until a refresh succeeds. */
  async initialize(): Promise<void> {
    this.#state = (await this.#switchboard.ready()) ? "ready" : "without_config";
    if (this.#state === "without_config") {
      throw new ProviderNotReadyError(
        `Could not load a config for ${this.#switchboard.agent}: ${this.#switchboard.stats().lastError ?? "unknown reason"}`,
      );
    }
  }

  async onClose(): Promise<void> {
    this.#stopListening();
    await this.#switchboard.close();
  }

  async resolveStringEvaluation(
    flag: string,
    fallback: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return this.#resolve(flag, fallback, context, (value) => typeof value === "string");
  }

  async resolveBooleanEvaluation(
    flag: string,
    fallback: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return this.#resolve(flag, fallback, context, (value) => typeof value === "boolean");
  }

  async resolveNumberEvaluation(
    flag: string,
    fallback: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return this.#resolve(flag, fallback, context, (value) => typeof value === "number");
  }

  async resolveObjectEvaluation<T extends JsonValue>(
    flag: string,
    fallback: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return this.#resolve(flag, fallback, context, (value) => typeof value === "object");
  }

  /** Records an outcome of the targeting key's unit; the details hold all measures but the quality. */
  track(event: string, context: EvaluationContext, details: TrackingEventDetails): void {
    if (event !== OUTCOME_EVENT) return;
    this.#switchboard.recordOutcome(context.targetingKey ?? "", toOutcome(details));
  }

  #resolve<T extends JsonValue>(
    flag: string,
    fallback: T,
    context: EvaluationContext,
    hasType: (value: JsonValue) => boolean,
  ): ResolutionDetails<T> {
    const read = createFlagReader(flag, this.#switchboard.agent);
    const { targetingKey, ...rest } = context;
    const decision = this.#switchboard.decide(targetingKey, context["payload"] ?? rest);
    if (decision.reason === "ERROR") {
      const { lastError } = this.#switchboard.stats();
      const message = decision.error ?? lastError ?? "The switchboard could not decide.";
      throw decision.generation === 0 ? new ProviderNotReadyError(message) : new GeneralError(message);
    }
    const value = read(decision);
    if (value === undefined) throw new FlagNotFoundError(`${flag} is not a threshold of this agent.`);
    const details = {
      variant: decision.variant,
      reason: decision.reason,
      flagMetadata: {
        agent: this.#switchboard.agent,
        generation: decision.generation,
        ...(decision.bundleDigest === null ? {} : { bundle_digest: decision.bundleDigest }),
        ...(decision.rolloutId === null ? {} : { rollout_id: decision.rolloutId }),
      },
    };
    if (value === null) return { value: fallback, ...details };
    if (!hasType(value))
      throw new TypeMismatchError(`${flag} is a ${typeof value}: ${JSON.stringify(value)}.`);
    return { value: value as T, ...details };
  }
}

/** Creates a function that reads a flag from a decision: `undefined` for an unknown threshold, null if no bundle decides. */
function createFlagReader(flag: string, agent: string): (decision: Decision) => JsonValue | undefined {
  const name = flag.startsWith(`${agent}.`) ? flag.slice(agent.length + 1) : flag;
  if (name.startsWith("thresholds.")) {
    const threshold = name.slice("thresholds.".length);
    return ({ thresholds }) => (Object.hasOwn(thresholds, threshold) ? thresholds[threshold] : undefined);
  }
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (read === undefined) {
    throw new FlagNotFoundError(
      `${flag} is not a flag of ${agent}; the flags are ${Object.keys(readers).join(", ")} and thresholds.NAME.`,
    );
  }
  return read;
}

const readers: Readonly<Record<string, (decision: Decision) => JsonValue>> = {
  label: ({ label }) => label,
  positive: ({ positive }) => positive,
  probability: ({ probability }) => probability,
  positive_probability: ({ positiveProbability }) => positiveProbability,
  variant: ({ variant }) => variant,
  canary: ({ variant }) => variant === "canary",
  decision: (decision) => ({
    label: decision.label,
    positive: decision.positive,
    probability: decision.probability,
    positive_probability: decision.positiveProbability,
    thresholds: { ...decision.thresholds },
    variant: decision.variant,
    reason: decision.reason,
    bundle_id: decision.bundleId,
    bundle_digest: decision.bundleDigest,
    rollout_id: decision.rolloutId,
    generation: decision.generation,
  }),
};

function toOutcome(details: TrackingEventDetails): Outcome {
  const { value, latency_ms, cost, success, outcome_id, task_key, judge } = details;
  return {
    ...(value === undefined ? {} : { quality: value }),
    ...(typeof latency_ms === "number" ? { latencyMs: latency_ms } : {}),
    ...(typeof cost === "number" ? { cost } : {}),
    ...(typeof success === "boolean" ? { success } : {}),
    ...(typeof outcome_id === "string" ? { outcomeId: outcome_id } : {}),
    ...(typeof task_key === "string" ? { taskKey: task_key } : {}),
    ...(typeof judge === "string" ? { judge } : {}),
  };
}
