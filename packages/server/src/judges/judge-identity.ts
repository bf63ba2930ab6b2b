/**
 * Who a judge is: its name, the version of its model and the digest of its rubric. A change of any starts a
 * new card and a new weight, since what was known is about another judge. Written as one string,
 * `name@version#rubric`, so that it is a key of `judge_scores`.
 */
import type { JudgeScores } from "./judge-scores.ts";

export interface JudgeIdentity {
  readonly name: string;
  readonly model_version: string | null;
  readonly rubric_digest: string | null;
}

/** The identity a verdict carries under the key `name`; a key that is an identity already stays itself. */
export function judgeKey(identity: {
  readonly name: string;
  readonly model_version?: string | null;
  readonly rubric_digest?: string | null;
}): string {
  const version = identity.model_version ? `@${identity.model_version}` : "";
  const rubric = identity.rubric_digest ? `#${identity.rubric_digest}` : "";
  return `${identity.name}${version}${rubric}`;
}

/** The parts of a key. A name may hold `@` and `#` itself; the last ones split. */
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

/** The scores under their judges' identities, where verdicts carry a version or a rubric. */
export function byIdentity(scores: JudgeScores): JudgeScores {
  const entries = Object.entries(scores);
  if (!entries.some(([, score]) => score.model_version || score.rubric_digest)) return scores;
  return Object.fromEntries(
    entries.map(([name, score]) => [judgeKey({ name, ...toIdentity(score) }), score]),
  );
}

function toIdentity(score: {
  readonly model_version?: string | null;
  readonly rubric_digest?: string | null;
}) {
  return { model_version: score.model_version ?? null, rubric_digest: score.rubric_digest ?? null };
}
