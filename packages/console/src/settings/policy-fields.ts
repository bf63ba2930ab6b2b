/** The form of a rollout policy: its fields in groups, the text in them, and the policy that the text says. */
import type { RolloutPolicy } from "@relearn/contract";

interface FieldWords {
  /** Path of the member: "material.quality", "not_worse.0.latency". */
  readonly path: string;
  readonly label: string;
  /** Accepted values, shown as the field's description and in its error. */
  readonly accepted: string;
}

export type PolicyField = FieldWords &
  (
    | {
        readonly kind: "number";
        /** Greater than this; `orEqual`: or as great. */
        readonly above: number;
        readonly orEqual?: boolean;
        readonly most: number;
        readonly whole?: boolean;
      }
    | { readonly kind: "switch" }
    | {
        readonly kind: "choice";
        readonly choices: readonly { readonly value: string; readonly label: string }[];
      }
    | { readonly kind: "stages" }
  );

export interface PolicyGroup {
  readonly name: string;
  readonly fields: readonly PolicyField[];
}

const YEAR_HOURS = 8760;

const hours = (path: string, label: string, orEqual: boolean): PolicyField => ({
  path,
  label,
  kind: "number",
  above: 0,
  orEqual,
  most: YEAR_HOURS,
  accepted: orEqual ? "hours, 0 to 8,760" : "hours above 0, to 8,760",
});

const share = (path: string, label: string, most: number, accepted: string): PolicyField => ({
  path,
  label,
  kind: "number",
  above: 0,
  most,
  accepted,
});

const atLeastOne = (path: string, label: string): PolicyField => ({
  path,
  label,
  kind: "number",
  above: 1,
  orEqual: true,
  most: 1e9,
  whole: true,
  accepted: "a whole number, 1 or more",
});

const relative = "a relative size above 0, as a fraction: 0.05 is 5 %";

/** The fields of a policy with so many stages; each stage below 100 % has its pair of margins. */
export function policyGroups(stageCount: number): readonly PolicyGroup[] {
  return [
    {
      name: "Approval",
      fields: [
        {
          path: "four_eyes",
          label: "Four-eyes approval",
          kind: "switch",
          accepted: "proposers cannot approve their own bundles",
        },
        atLeastOne("quorum", "Approvals needed"),
        hours("approval_hours", "Requests expire after", false),
      ],
    },
    {
      name: "Stages",
      fields: [
        {
          path: "stages",
          label: "Traffic per stage, %",
          kind: "stages",
          accepted: "whole percents from 1, increasing, the last one 100: 10, 50, 100",
        },
        hours("check_interval_hours", "Minimum stage duration", true),
        atLeastOne("min_units_per_arm", "Minimum units per arm and stage"),
        hours("maturity_hours", "Outcome window of a unit", true),
        hours("undecided_hours", "Ask a person if undecided after", false),
        {
          path: "holdback_percent",
          label: "Holdback at 100 %, %",
          kind: "number",
          above: 0,
          orEqual: true,
          most: 50,
          whole: true,
          accepted: "share that keeps the former bundle: a whole percent, 0 to 50; 0 turns the holdback off",
        },
        hours("holdback_hours", "Holdback duration", true),
      ],
    },
    {
      name: "Decision rule",
      fields: [
        {
          path: "policy",
          label: "Decide by",
          kind: "choice",
          choices: [
            { value: "evidence", label: "sequential evidence, valid at every analysis" },
            { value: "specification", label: "point estimates" },
          ],
          accepted: "point estimates often roll back unchanged rollouts",
        },
        {
          path: "quality_source",
          label: "Source of quality",
          kind: "choice",
          choices: [
            { value: "reported", label: "the agent's report" },
            { value: "label", label: "a label of the task" },
          ],
          accepted: "a label counts if it arrives within the outcome window",
        },
        {
          path: "automatic_rollback",
          label: "Automatic rollback",
          kind: "switch",
          accepted: "if off, proven harm asks a person",
        },
        share("alpha", "Error rate per decision", 0.5, "a probability above 0, to 0.5"),
        atLeastOne("specification_min_units", "Minimum units per arm, by point estimates"),
      ],
    },
    {
      name: "Non-inferiority margins per stage",
      fields: [
        ...Array.from({ length: Math.max(0, stageCount - 1) }, (_, stage) => [
          share(
            `not_worse.${stage}.quality`,
            `Stage ${stage + 1}: maximum drop in quality`,
            0.99,
            "a fraction above 0, to 0.99: 0.2 is 20 %",
          ),
          share(
            `not_worse.${stage}.latency`,
            `Stage ${stage + 1}: maximum rise in latency`,
            100,
            "a fraction above 0: 0.2 is 20 %",
          ),
        ]).flat(),
        share("not_worse_floor", "Minimum margin of quality", 1, "points of quality above 0, to 1"),
      ],
    },
    {
      name: "Material harm and gain",
      fields: [
        share("material.quality", "Drop in quality", 10, relative),
        share("material.latency", "Rise in latency", 10, relative),
        share("material.cost", "Rise in cost", 10, relative),
        share("material.success", "Drop in success", 10, relative),
        share("gain.quality", "Gain in quality, by point estimates", 10, relative),
        share("gain.latency", "Gain in latency, by point estimates", 10, relative),
        {
          path: "page_latency_ratio",
          label: "Latency ratio that triggers an alert",
          kind: "number",
          above: 1,
          most: 1000,
          accepted: "a ratio above 1",
        },
      ],
    },
    {
      name: "Guardrail weights and integrity",
      fields: [
        share("guardrail_weights.quality", "Weight of quality", 1e6, "a weight above 0"),
        ...(["latency", "cost", "success"] as const).map(
          (name): PolicyField => ({
            path: `guardrail_weights.${name}`,
            label: `Weight of ${name}`,
            kind: "number",
            above: 0,
            orEqual: true,
            most: 1e6,
            accepted: "a weight, 0 or more",
          }),
        ),
        {
          path: "integrity_threshold",
          label: "Evidence that puts a rollout on hold",
          kind: "number",
          above: 1,
          most: 1e12,
          accepted: "a number above 1",
        },
        share("missing_margin", "Excess of canary units without an outcome", 1, "a fraction above 0, to 1"),
      ],
    },
  ];
}

/** The text of each field, by its path. */
export type PolicyTexts = Readonly<Record<string, string>>;

/** The texts of a whole policy. */
export function policyTexts(policy: RolloutPolicy): Record<string, string> {
  const texts: Record<string, string> = {};
  const add = (path: string, value: unknown): void => {
    if (path === "stages") texts[path] = (value as readonly number[]).join(", ");
    else if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value)) add(`${path}.${name}`, member);
    } else texts[path] = String(value);
  };
  for (const [name, value] of Object.entries(policy)) add(name, value);
  return texts;
}

/** The stages that the text says, or null where it says none that are accepted. */
export function parseStages(text: string): number[] | null {
  const stages = text
    .split(/[\s,;%]+/)
    .filter((part) => part !== "")
    .map(Number);
  const fine = stages.every(
    (stage, at) => Number.isInteger(stage) && stage >= 1 && stage <= 100 && stage > (stages[at - 1] ?? 0),
  );
  return fine && stages.at(-1) === 100 ? stages : null;
}

/** The value that a field's text says, or what is wrong with it. */
function parseField(
  field: PolicyField,
  text: string,
): { readonly value: unknown } | { readonly fault: string } {
  const fault = { fault: `"${text.trim()}" is not accepted. Accepted: ${field.accepted}.` };
  switch (field.kind) {
    case "switch":
      return { value: text === "true" };
    case "choice":
      return { value: text };
    case "stages": {
      const stages = parseStages(text);
      return stages === null ? fault : { value: stages };
    }
    case "number": {
      const value = Number(text);
      const high = field.orEqual ? value >= field.above : value > field.above;
      const fine =
        text.trim() !== "" && high && value <= field.most && (!field.whole || Number.isInteger(value));
      return fine ? { value } : fault;
    }
  }
}

export type ParsedPolicy =
  /** The members that differ from the defaults, as the setting holds them. */
  | { readonly overrides: Partial<RolloutPolicy> }
  /** By path. */
  | { readonly faults: Readonly<Record<string, string>> };

/** Parses the whole form. A member with parts is returned whole if one of its parts differs. */
export function parsePolicy(texts: PolicyTexts, defaults: RolloutPolicy): ParsedPolicy {
  const stages = parseStages(texts["stages"] ?? "") ?? defaults.stages;
  const faults: Record<string, string> = {};
  const policy: Record<string, unknown> = {};
  for (const field of policyGroups(stages.length).flatMap((group) => group.fields)) {
    const parsed = parseField(field, texts[field.path] ?? "");
    if ("fault" in parsed) faults[field.path] = parsed.fault;
    else setMember(policy, field.path, parsed.value);
  }
  if (Object.keys(faults).length > 0) return { faults };
  const whole = { ...policy, not_worse: Object.values(policy["not_worse"] ?? {}) };
  return {
    overrides: Object.fromEntries(
      Object.entries(whole).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name as keyof RolloutPolicy]),
      ),
    ),
  };
}

function setMember(policy: Record<string, unknown>, path: string, value: unknown): void {
  const steps = path.split(".");
  const last = steps.pop() ?? path;
  let place = policy;
  for (const step of steps) {
    place[step] ??= {};
    place = place[step] as Record<string, unknown>;
  }
  place[last] = value;
}
