import { createHash } from "node:crypto";
import { isExplicit, maskExplicitWords } from "./explicit-words.ts";
import { type MailClass, type MailMark, type MailPayload, type MailRow, mailMarks } from "./mail-row.ts";
import { maskPersonalData } from "./mask-personal-data.ts";
import {
  addressesIn,
  decodeWords,
  getHeader,
  getHeaders,
  type Mail,
  parseMail,
  parseMailDate,
} from "./parse-mail.ts";
import { ownWords, quotedShare, readText } from "./read-text.ts";
import { riskScore } from "./risk-score.ts";
import { authorAddress, domainOfAddress, standInDkimFail, standInSpfFail } from "./sender-domain.ts";
import { findSuspiciousKeywords } from "./suspicious-keywords.ts";

const subjectLimit = 100;
const excerptLimit = 160;
/** Maximum number of characters that the rules read, which bounds the time of the expressions. */
const textLimit = 100_000;
const dayMs = 86_400_000;
const listHeaders = ["list-id", "list-post", "mailing-list", "x-mailing-list"];
const unnamedHost = /^from\s+(unknown\b|\[?\d+\.\d+\.\d+\.\d+)|may be forged|\(unverified\)|HELO \[?\d+\./i;

export interface CorpusFile {
  readonly bytes: Uint8Array;
  readonly class: MailClass;
  readonly folder: string;
}

export interface Derivation {
  /** Sorted by date, then key. */
  readonly rows: readonly MailRow[];
  /** Number of skipped mails: copies, and mails without a date. */
  readonly duplicates: number;
  readonly undated: number;
}

/**
 * Derives the table of a corpus. The order of the files does not matter: the earliest of several copies is kept, and
 * the age of a domain counts from its first mail in the sorted table.
 */
export function deriveRows(files: Iterable<CorpusFile>): Derivation {
  const byKey = new Map<string, MailRow>();
  let duplicates = 0;
  let undated = 0;
  for (const file of files) {
    const row = deriveRow(file);
    const known = row && byKey.get(row.key);
    if (!row) undated++;
    else if (known) duplicates++;
    if (row && (!known || compareRows(row, known) < 0)) byKey.set(row.key, row);
  }
  const sorted = [...byKey.values()].sort(compareRows);
  return { rows: withDomainAges(sorted), duplicates, undated };
}

function compareRows(a: MailRow, b: MailRow): number {
  const [left, right] = [`${a.date} ${a.key} ${a.folder}`, `${b.date} ${b.key} ${b.folder}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function withDomainAges(sorted: readonly MailRow[]): MailRow[] {
  const firstSeen = new Map<string, number>();
  return sorted.map((row) => {
    const time = Date.parse(row.date);
    const domain = row.payload.sender_domain;
    const first = firstSeen.get(domain) ?? time;
    if (domain !== "") firstSeen.set(domain, first);
    const age = domain === "" ? 0 : Math.floor((time - first) / dayMs);
    return { ...row, payload: { ...row.payload, sender_domain_age_days: age } };
  });
}

/** Derives one row, with a domain age of 0; returns null if no header has the time of arrival. */
export function deriveRow(file: CorpusFile): MailRow | null {
  const mail = parseMail(file.bytes);
  const arrival = findArrivalTime(mail);
  if (arrival === null) return null;
  const { payload, identity } = derivePayload(mail, arrival);
  return {
    key: `mail-${createHash("sha256").update(identity).digest("hex").slice(0, 12)}`,
    date: new Date(Math.floor(arrival / 1000) * 1000).toISOString().replace(".000Z", "Z"),
    class: file.class,
    folder: file.folder,
    payload,
  };
}

/**
 * Returns the time of arrival in ms: the time that the last receiver wrote, else that of the mbox line, else the
 * Date header. The Date header is last because a sender can write any date.
 */
function findArrivalTime(mail: Mail): number | null {
  for (const received of getHeaders(mail, "received")) {
    const time = parseMailDate(received.slice(received.lastIndexOf(";") + 1));
    if (time !== null) return time;
  }
  return mail.mboxTimeMs ?? parseMailDate(getHeader(mail, "date") ?? "");
}

function derivePayload(mail: Mail, arrival: number): { payload: MailPayload; identity: string } {
  const content = readText(mail);
  const text = content.text.slice(0, textLimit);
  const html = content.html.slice(0, textLimit);
  const subject = decodeWords(getHeader(mail, "subject") ?? "").trim();
  const author = authorAddress(mail);
  const keywords = findSuspiciousKeywords(`${subject}\n${text}`);
  const isReply = getHeader(mail, "in-reply-to") !== null || getHeader(mail, "references") !== null;
  const quoted = quotedShare(text);
  const senderDomain = author === null ? "" : domainOfAddress(author);
  const replyTo = addressesIn(getHeader(mail, "reply-to") ?? "")[0];
  const dated = parseMailDate(getHeader(mail, "date") ?? "");
  const letters = text.match(/[A-Za-z]/g)?.length ?? 0;
  const textAndHtml = `${text}\n${html}`;
  const received = getHeaders(mail, "received");
  const hasMark: Record<MailMark, boolean> = {
    reply: isReply,
    list: listHeaders.some((name) => getHeader(mail, name) !== null),
    reply_to_mismatch: replyTo !== undefined && author !== null && domainOfAddress(replyTo) !== senderDomain,
    sender_digits: ((author ?? "").split("@")[0]!.match(/\d/g)?.length ?? 0) >= 3,
    unnamed_host: received.some((value) => unnamedHost.test(value)),
    html_only: content.htmlOnly,
  };
  const opening = ownWords(text).slice(0, 2000);
  const withheld = isExplicit(`${subject}\n${opening}`);
  const show = (shown: string, limit: number) =>
    withheld ? "[adult]" : shorten(maskExplicitWords(maskPersonalData(shown)), limit);
  const payload: MailPayload = {
    risk_score: riskScore({
      subject,
      content: { ...content, text, html },
      keywordCount: keywords.length,
      isReply,
      quotedShare: quoted,
    }),
    spf_fail: standInSpfFail(mail),
    dkim_fail: standInDkimFail(mail),
    suspicious_keywords: keywords,
    attachments: content.attachments.map((part) => {
      const extension = /\.[A-Za-z0-9]{1,5}$/.exec(part.fileName ?? "")?.[0].toLowerCase();
      return extension === undefined ? part.type : `${part.type} ${extension}`;
    }),
    sender_domain_age_days: 0,
    recipient_count: countRecipients(mail),
    subject: show(subject, subjectLimit),
    excerpt: show(opening, excerptLimit),
    sender_domain: senderDomain,
    marks: mailMarks.filter((mark) => hasMark[mark]),
    hops: received.length,
    date_skew_hours: dated === null ? null : round((dated - arrival) / 3_600_000, 1),
    body: {
      chars: text.length,
      links: new Set(textAndHtml.match(/\b(?:https?|ftp):\/\/[^\s"'<>)]+/gi) ?? []).size,
      ip_links: textAndHtml.match(/https?:\/\/\d+\.\d+\.\d+\.\d+/gi)?.length ?? 0,
      images: html.match(/<img\b/gi)?.length ?? 0,
      caps_share: letters === 0 ? 0 : round((text.match(/[A-Z]/g)?.length ?? 0) / letters, 2),
      exclamations: text.match(/!/g)?.length ?? 0,
      quoted_share: round(quoted, 2),
    },
  };
  const identity = [getHeader(mail, "message-id"), author, subject, text].join("\0");
  return { payload, identity };
}

function countRecipients(mail: Mail): number {
  const headers = [...getHeaders(mail, "to"), ...getHeaders(mail, "cc")];
  return new Set(headers.flatMap((value) => addressesIn(value))).size;
}

/** Returns one line without control characters, cut to at most `limit` characters. */
function shorten(text: string, limit: number): string {
  const line = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this expression replaces control characters
    .replace(/[\u0000-\u001f\u007f-\u009f\u00a0\u200b-\u200f\u2028-\u202e\ufeff\ufffd\s]+/g, " ")
    .trim()
    .toWellFormed();
  const characters = Array.from(line);
  return characters.length <= limit
    ? line
    : `${characters
        .slice(0, limit - 1)
        .join("")
        .trimEnd()}…`;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  // `+ 0` turns -0 into 0, so that the object equals its JSON line.
  return Math.round(value * factor) / factor + 0;
}
