/**
 * The switchboard as an OpenFeature server provider: `@relearn/client/openfeature`.
 *
 * One provider speaks for one agent; several agents are several providers under OpenFeature's domains. The
 * targeting key is the unit; the payload is the context's `payload`, or the whole context where it has none.
 * Every evaluation is a decision and so exposes its unit, also that of `canary`, since whoever asks it acts
 * on it.
 *
 * | flag | type | value |
 * |---|---|---|
 * | `label` | string | the class decided for |
 * | `positive` | boolean | whether that is the agent's positive class |
 * | `probability` | number | calibrated, of the label |
 * | `positive_probability` | number | calibrated, of the positive class |
 * | `thresholds.NAME` | number | a named threshold of the bundle that decides |
 * | `variant` | string | `active`, `canary`, `holdback` or `defaults` |
 * | `canary` | boolean | whether the canary's bundle decides |
 * | `decision` | object | all of these |
 *
 * A flag may carry the agent's name in front: `inbox_triage.label`. Reasons are the switchboard's.
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

/** The tracking event that is an outcome; others are left alone. Its value is the quality. */
export const OUTCOME_EVENT = "outcome";

export class RelearnProvider implements Provider {
  readonly metadata = { name: "relearn" };
  readonly runsOn = "server";
  readonly events = new OpenFeatureEventEmitter();
  readonly #switchboard: Switchboard;
  readonly #stopListening: () => void;
  #state: "starting" | "without_config" | "ready" = "starting";

  /** Takes the switchboard over: closing the provider closes it. */
  constructor(switchboard: Switchboard) {
    this.#switchboard = switchboard;
    this.#stopListening = switchboard.onChange(() => {
      // While it is starting, OpenFeature itself announces the end of `initialize`.
      if (this.#state === "ready") this.events.emit(ProviderEvents.ConfigurationChanged);
      if (this.#state === "without_config") {
        this.#state = "ready";
        this.events.emit(ProviderEvents.Ready);
      }
    });
  }

  /** Waits for a config. Without one OpenFeature marks an error, until a later refresh brings one. */
  async initialize(): Promise<void> {
    this.#state = (await this.#switchboard.ready()) ? "ready" : "without_config";
    if (this.#state === "without_config") {
      throw new ProviderNotReadyError(
        `No config of ${this.#switchboard.agent} could be had: ${this.#switchboard.stats().lastError ?? "no reason is known"}`,
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

  /** An outcome of the targeting key's unit; the details carry what is not the quality. */
  track(event: string, context: EvaluationContext, details: TrackingEventDetails): void {
    if (event !== OUTCOME_EVENT) return;
    this.#switchboard.recordOutcome(context.targetingKey ?? "", toOutcome(details));
  }

  #resolve<T extends JsonValue>(
    flag: string,
    fallback: T,
    context: EvaluationContext,
    fits: (value: JsonValue) => boolean,
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
    if (value === undefined) throw new FlagNotFoundError(`${flag} is none of this agent's thresholds.`);
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
    if (!fits(value)) throw new TypeMismatchError(`${flag} is a ${typeof value}: ${JSON.stringify(value)}.`);
    return { value: value as T, ...details };
  }
}

/** What a flag reads from a decision: undefined where there is no such threshold, null where no bundle says. */
function createFlagReader(flag: string, agent: string): (decision: Decision) => JsonValue | undefined {
  const name = flag.startsWith(`${agent}.`) ? flag.slice(agent.length + 1) : flag;
  if (name.startsWith("thresholds.")) {
    const threshold = name.slice("thresholds.".length);
    return ({ thresholds }) => (Object.hasOwn(thresholds, threshold) ? thresholds[threshold] : undefined);
  }
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (read === undefined) {
    throw new FlagNotFoundError(
      `${flag} is no flag of ${agent}. There are ${Object.keys(readers).join(", ")} and thresholds.NAME.`,
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
