/**
 * Identity of a judge: its name, the version of its model and the digest of its rubric. If any of them changes, a new
 * card and a new weight start, because the old evidence is about another judge. Written as one string,
 * `name@version#rubric`, so that it can be a key of `judge_scores`.
 */
import type { JudgeScores } from "./judge-scores.ts";

export interface JudgeIdentity {
  readonly name: string;
  readonly model_version: string | null;
  readonly rubric_digest: string | null;
}

/**
 * Writes an identity as one string. Without version and rubric it is the name.
 *
 * @example
 * toJudgeKey({ name: "gpt-4", model_version: "2024-05", rubric_digest: "ab12" }) // "gpt-4@2024-05#ab12"
 * toJudgeKey({ name: "gpt-4" }) // "gpt-4"
 */
export function toJudgeKey(identity: {
  readonly name: string;
  readonly model_version?: string | null;
  readonly rubric_digest?: string | null;
}): string {
  const version = identity.model_version ? `@${identity.model_version}` : "";
  const rubric = identity.rubric_digest ? `#${identity.rubric_digest}` : "";
  return `${identity.name}${version}${rubric}`;
}

/**
 * Splits a key into its parts, at the last `#` and the last `@` before it; a name may contain both characters.
 *
 * @example
 * parseJudgeKey("team@home@2024-05") // { name: "team@home", model_version: "2024-05", rubric_digest: null }
 */
export function parseJudgeKey(key: string): JudgeIdentity {
  const hash = key.lastIndexOf("#");
  const head = hash > 0 ? key.slice(0, hash) : key;
  const at = head.lastIndexOf("@");
  return {
    name: at > 0 ? head.slice(0, at) : head,
    model_version: at > 0 ? head.slice(at + 1) : null,
    rubric_digest: hash > 0 ? key.slice(hash + 1) : null,
  };
}

/**
 * Replaces each judge's name by its identity if a verdict has a version or a rubric.
 *
 * @example
 * const scores = { ann: { verdict: "spam", model_version: "2" }, bob: { verdict: "ham" } };
 * Object.keys(byIdentity(scores)) // ["ann@2", "bob"]
 */
export function byIdentity(scores: JudgeScores): JudgeScores {
  const entries = Object.entries(scores);
  if (!entries.some(([, score]) => score.model_version || score.rubric_digest)) return scores;
  return Object.fromEntries(
    entries.map(([name, score]) => [toJudgeKey({ name, ...toIdentity(score) }), score]),
  );
}

function toIdentity(score: {
  readonly model_version?: string | null;
  readonly rubric_digest?: string | null;
}) {
  return { model_version: score.model_version ?? null, rubric_digest: score.rubric_digest ?? null };
}
