import type { MailText } from "./read-text.ts";

/** Input of the content rules. */
export interface ScoredContent {
  readonly subject: string;
  readonly content: MailText;
  readonly keywordCount: number;
  readonly isReply: boolean;
  readonly quotedShare: number;
}

interface Rule {
  readonly name: string;
  readonly points: number;
  readonly applies: (mail: ScoredContent) => boolean;
}

/** Rules with their points, which were chosen by hand and not fitted to the corpus. */
const rules: readonly Rule[] = [
  { name: "some keywords", points: 10, applies: (mail) => mail.keywordCount >= 2 },
  { name: "many keywords", points: 15, applies: (mail) => mail.keywordCount >= 5 },
  { name: "html without plain text", points: 12, applies: (mail) => mail.content.htmlOnly },
  {
    name: "coloured text",
    points: 8,
    applies: (mail) => /<font\b[^<>]*\bcolou?r\s*=/i.test(mail.content.html),
  },
  {
    name: "very large text",
    points: 8,
    applies: (mail) => /<font\b[^<>]*\bsize\s*=\s*["']?\+?[5-9]/i.test(mail.content.html),
  },
  { name: "form", points: 8, applies: (mail) => /<form\b/i.test(mail.content.html) },
  { name: "script", points: 6, applies: (mail) => /<script\b/i.test(mail.content.html) },
  {
    name: "link to a bare address",
    points: 15,
    applies: (mail) => /https?:\/\/\d+\.\d+\.\d+\.\d+/i.test(all(mail)),
  },
  {
    name: "image and few words",
    points: 10,
    applies: (mail) => /<img\b/i.test(mail.content.html) && mail.content.text.length < 500,
  },
  {
    name: "sums of money",
    points: 8,
    applies: (mail) => /(?:\$|us\$|usd)\s?\d[\d,.]*/i.test(mail.content.text),
  },
  { name: "percentages", points: 5, applies: (mail) => /\b\d{1,3}\s?%/.test(mail.content.text) },
  {
    name: "free, in capitals",
    points: 10,
    applies: (mail) => /\bFREE\b/.test(`${mail.subject}\n${mail.content.text}`),
  },
  {
    name: "shouting subject",
    points: 12,
    applies: (mail) => /[A-Z]{3}/.test(mail.subject) && !/[a-z]/.test(mail.subject),
  },
  { name: "exclamation in the subject", points: 8, applies: (mail) => mail.subject.includes("!") },
  { name: "wide gap or code in the subject", points: 12, applies: (mail) => /\s{5,}\S/.test(mail.subject) },
  { name: "many exclamations", points: 8, applies: (mail) => count(mail.content.text, /!/g) >= 5 },
  {
    name: "words in capitals",
    points: 10,
    applies: (mail) => count(mail.content.text, /\b[A-Z]{4,}\b/g) >= 10,
  },
  {
    name: "how to be removed",
    points: 10,
    applies: (mail) =>
      /\b(be|get) removed\b|\bremov(e|al)\b.{0,60}\b(list|mailing|subject|click|reply)\b|\bopt(ed)?[- ]?(out|in)\b/i.test(
        mail.content.text,
      ),
  },
  {
    name: "telephone number to call",
    points: 5,
    applies: (mail) => /\bcall\b.{0,40}\d{3}[-. )]+\d{3,4}/is.test(mail.content.text),
  },
  {
    name: "answers a mail",
    points: -12,
    applies: (mail) => mail.isReply || /^(re|aw|fwd?):/i.test(mail.subject),
  },
  { name: "quotes a mail", points: -12, applies: (mail) => mail.quotedShare > 0.1 },
  {
    name: "program text or patch",
    points: -8,
    applies: (mail) =>
      /^(diff |\+\+\+ |@@ |#include|\$ |# )|\b(gcc|perl|cvs|rpm|linux)\b/im.test(mail.content.text),
  },
];

/** Points at which the score is about 63. */
const scale = 45;

/** Returns the names of the rules that apply. */
export function firedRules(mail: ScoredContent): string[] {
  return rules.filter((rule) => rule.applies(mail)).map((rule) => rule.name);
}

/**
 * Computes a content score of 0-100, like a spam filter of 2002, from the points of the rules that apply. It reads
 * only the mail, never the class, and makes errors: newsletters score high, short personal spam scores low.
 */
export function riskScore(mail: ScoredContent): number {
  const points = rules.reduce((sum, rule) => sum + (rule.applies(mail) ? rule.points : 0), 10);
  return Math.round(100 * (1 - Math.exp(-Math.max(0, points) / scale)));
}

function all(mail: ScoredContent): string {
  return `${mail.content.text}\n${mail.content.html}`;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
