/**
 * The form of a rollout policy: its fields in groups, the text in them, and the policy that the text says. Which
 * values a member may have is the contract's to say; here it has its place and its label.
 */
import { findPolicyMember, type PolicyMember, type RolloutPolicy } from "@relearn/contract";

export interface PolicyField {
  /** Path of the member: "material.quality", "not_worse.0.latency". */
  readonly path: string;
  readonly label: string;
  readonly kind: PolicyMember["kind"] | "stages";
  /** Accepted values, shown as the field's description and in its error. */
  readonly accepted: string;
  /** Of a choice. */
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}

export interface PolicyGroup {
  readonly name: string;
  readonly fields: readonly PolicyField[];
}

/** Labels of the words that a member accepts. */
const wordLabels: Readonly<Record<string, string>> = {
  evidence: "sequential evidence, valid at every analysis",
  specification: "point estimates",
  reported: "the agent's report",
  label: "a label of the task",
};

function field(path: string, label: string, note?: string): PolicyField {
  const { kind, accepted, words } = findPolicyMember(path);
  return {
    path,
    label,
    kind: path === "stages" ? "stages" : kind,
    accepted: note ?? accepted,
    choices: words.map((value) => ({ value, label: wordLabels[value] ?? value })),
  };
}

/** The fields of a policy with so many stages; each stage below 100 % has its pair of margins. */
export function policyGroups(stageCount: number): readonly PolicyGroup[] {
  return [
    {
      name: "Approval",
      fields: [
        field("four_eyes", "Four-eyes approval", "proposers cannot approve their own bundles"),
        field("quorum", "Approvals needed"),
        field("approval_hours", "Requests expire after"),
      ],
    },
    {
      name: "Stages",
      fields: [
        field("stages", "Traffic per stage, %"),
        field("check_interval_hours", "Minimum stage duration"),
        field("min_units_per_arm", "Minimum units per arm and stage"),
        field("maturity_hours", "Outcome window of a unit"),
        field("undecided_hours", "Ask a person if undecided after"),
        field("holdback_percent", "Holdback at 100 %, %"),
        field("holdback_hours", "Holdback duration"),
      ],
    },
    {
      name: "Decision rule",
      fields: [
        field("policy", "Decide by", "point estimates often roll back unchanged rollouts"),
        field(
          "quality_source",
          "Source of quality",
          "a label counts if it arrives within the outcome window",
        ),
        field("automatic_rollback", "Automatic rollback", "if off, proven harm asks a person"),
        field("alpha", "Error rate per decision"),
        field("specification_min_units", "Minimum units per arm, by point estimates"),
      ],
    },
    {
      name: "Non-inferiority margins per stage",
      fields: [
        ...Array.from({ length: Math.max(0, stageCount - 1) }, (_, stage) => [
          field(`not_worse.${stage}.quality`, `Stage ${stage + 1}: maximum drop in quality`),
          field(`not_worse.${stage}.latency`, `Stage ${stage + 1}: maximum rise in latency`),
        ]).flat(),
        field("not_worse_floor", "Minimum margin of quality"),
      ],
    },
    {
      name: "Material harm and gain",
      fields: [
        field("material.quality", "Drop in quality"),
        field("material.latency", "Rise in latency"),
        field("material.cost", "Rise in cost"),
        field("material.success", "Drop in success"),
        field("gain.quality", "Gain in quality, by point estimates"),
        field("gain.latency", "Gain in latency, by point estimates"),
        field("page_latency_ratio", "Latency ratio that triggers an alert"),
      ],
    },
    {
      name: "Guardrail weights and integrity",
      fields: [
        field("guardrail_weights.quality", "Weight of quality"),
        field("guardrail_weights.latency", "Weight of latency"),
        field("guardrail_weights.cost", "Weight of cost"),
        field("guardrail_weights.success", "Weight of success"),
        field("integrity_threshold", "Evidence that puts a rollout on hold"),
        field("missing_margin", "Excess of canary units without an outcome"),
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

/** The stages that the text says, or null if it says none that are accepted. */
export function parseStages(text: string): number[] | null {
  const stages = text
    .split(/[\s,;%]+/)
    .filter((part) => part !== "")
    .map(Number);
  return findPolicyMember("stages").accepts(stages) ? stages : null;
}

/** The value that a field's text says, or what is wrong with it. */
function parseField(
  { path, kind, accepted }: PolicyField,
  text: string,
): { readonly value: unknown } | { readonly fault: string } {
  const value = kind === "stages" ? parseStages(text) : readText(kind, text);
  if (findPolicyMember(path).accepts(value)) return { value };
  return { fault: `"${text.trim()}" is not accepted: give ${accepted}.` };
}

function readText(kind: PolicyMember["kind"], text: string): unknown {
  if (kind === "switch") return text === "true";
  if (kind === "choice") return text;
  return text.trim() === "" ? Number.NaN : Number(text);
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
