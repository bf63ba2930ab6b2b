/**
 * Three judges made of rules, instead of language models. Each reads another aspect of a mail and makes other errors:
 * `words` reads subject, excerpt and keywords, `headers` the route and the authentication, `structure` the form of
 * the body. No judge sees the class or the score of another.
 *
 * Points for and against are added. The sign is the verdict, the distance from 0 the confidence. The points were
 * chosen by hand, so the confidences are plausible but not calibrated; the judge weights measure that.
 */
import type { MailClass, MailMark, MailPayload } from "./mail-row.ts";

export interface Verdict {
  readonly verdict: MailClass;
  /** Confidence that the judge states, 50-99. */
  readonly confidence: number;
}

export type RuleJudge = (payload: MailPayload) => Verdict;

/** Judges the words: sales vocabulary against vocabulary of work. */
export function judgeWords(payload: MailPayload): Verdict {
  const text = `${payload.subject}\n${payload.excerpt}`;
  const pitch = countDistinct(text, pitchWords);
  const work = countDistinct(text, workWords);
  let points =
    -14 +
    9 * Math.min(payload.suspicious_keywords.length, 4) +
    8 * Math.min(pitch, 5) -
    8 * Math.min(work, 4);
  if (/[$£€]\s?\d|\d\s?%/.test(text)) points += 8;
  if (/!/.test(payload.subject)) points += 8;
  if (/\[adult\]/.test(text)) points += 14;
  return toVerdict(points, 16);
}

/** Judges the headers: authentication, relays, dates, recipients. */
export function judgeHeaders(payload: MailPayload): Verdict {
  const has = (mark: MailMark) => payload.marks.includes(mark);
  const skew = payload.date_skew_hours;
  let points = -10;
  if (payload.spf_fail) points += 7;
  if (payload.dkim_fail) points += 8;
  if (has("sender_digits")) points += 14;
  if (has("unnamed_host")) points += 10;
  if (has("reply_to_mismatch") && !has("list")) points += 8;
  if (skew === null || skew > 6 || skew < -72) points += 12;
  if (payload.recipient_count === 0 || payload.recipient_count > 8) points += 10;
  if (payload.sender_domain_age_days < 1) points += 5;
  if (has("reply")) points -= 18;
  if (has("list")) points -= 8;
  return toVerdict(points, 14);
}

/** Judges the structure: HTML, links, images, capitals, quotations, attachments. */
export function judgeStructure(payload: MailPayload): Verdict {
  const { body } = payload;
  let points = -9;
  if (payload.marks.includes("html_only")) points += 26;
  if (body.ip_links > 0) points += 18;
  if (body.images > 0) points += 6;
  if (body.caps_share > 0.12) points += 9;
  if (body.caps_share > 0.25) points += 9;
  if (body.exclamations >= 3) points += 8;
  if (body.exclamations >= 10) points += 6;
  if (body.chars > 3000) points += 4;
  if (body.quoted_share > 0.05) points -= 20;
  if (body.links === 0) points -= 4;
  if (payload.attachments.some((type) => /signature/.test(type))) points -= 12;
  if (payload.attachments.some((type) => /\.(exe|scr|pif|bat|com|vbs)$/.test(type))) points += 25;
  return toVerdict(points, 12);
}

/** Judges by the name under which their verdicts are stored. */
export const ruleJudges = {
  words: judgeWords,
  headers: judgeHeaders,
  structure: judgeStructure,
} as const satisfies Record<string, RuleJudge>;

export type RuleJudgeName = keyof typeof ruleJudges;

/** Returns the verdicts of all three judges in the format of `judge_scores`. */
export function judgeMail(payload: MailPayload): Record<RuleJudgeName, Verdict> {
  return {
    words: judgeWords(payload),
    headers: judgeHeaders(payload),
    structure: judgeStructure(payload),
  };
}

const pitchWords =
  /\b(adult|advertis\w*|affordable|best|business|buy|cash|cheap\w*|click|credit|customers?|deals?|discount\w*|dollars?|earn|free|guarantee\w*|home|income|insurance|limited|loan|marketing|million|money|mortgage|offers?|online|opportunity|order|pay|prices?|products?|profits?|quote|rates?|sales?|save|sex|sir|special|success|today|visit|win|your?)\b/gi;

const workWords =
  /\b(actually|bug|build|code|config\w*|cvs|debian|emacs|error|file|files|fix|install\w*|kernel|lib\w*|linux|list|maybe|patch|perl|probably|problem|python|re|rpm|script|seems|server|spamassassin|thanks|think|unix|url|version|wrote)\b|\[[\w-]+\]/gi;

function countDistinct(text: string, words: RegExp): number {
  return new Set((text.match(words) ?? []).map((word) => word.toLowerCase())).size;
}

/** Positive points mean quarantine; at `scale` points from 0 the confidence is 50 + 32. */
function toVerdict(points: number, scale: number): Verdict {
  const sureness = 1 - Math.exp(-Math.abs(points) / scale);
  return {
    verdict: points > 0 ? "quarantine" : "safe",
    confidence: Math.min(99, Math.round(50 + 50 * sureness)),
  };
}
