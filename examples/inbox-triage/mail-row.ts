/** One line of `mail.jsonl`: a mail in the form that the agent `inbox_triage` reads, with its true class. */

export type MailClass = "safe" | "quarantine";

export interface MailRow {
  /** `mail-` and 12 hex digits of a hash of the mail; unique in the table and the same in every derivation. */
  readonly key: string;
  /** Time of arrival, ISO 8601 UTC, to the second; the table is sorted by it, then by key. */
  readonly date: string;
  /** True class: spam is `quarantine`, ham is `safe`. */
  readonly class: MailClass;
  /** Folder of the corpus. `hard-ham-1` has mails that look like spam but are not. */
  readonly folder: string;
  readonly payload: MailPayload;
}

/** The seven paths that `inbox_triage` reads come first; the judges read the rest too. */
export interface MailPayload {
  /** 0-100, from rules that read the content. */
  readonly risk_score: number;
  /** Substitute: no host that relayed the mail belongs to the domain of the envelope's sender. */
  readonly spf_fail: boolean;
  /** Substitute: the Message-ID is missing or from a domain that is neither the author's nor the sender's. */
  readonly dkim_fail: boolean;
  /** Words of the list in `suspicious-keywords.ts` that occur in the subject or text. */
  readonly suspicious_keywords: readonly string[];
  /** Media type and file extension of each attachment. */
  readonly attachments: readonly string[];
  /** Substitute: whole days since the corpus first had mail from the author's domain. */
  readonly sender_domain_age_days: number;
  /** Addresses in To and Cc; 0 for undisclosed recipients. */
  readonly recipient_count: number;

  /** Decoded, masked, at most 100 characters; `[adult]` if subject and text are too explicit to show. */
  readonly subject: string;
  /** The beginning of the text that the sender wrote, masked, at most 160 characters. */
  readonly excerpt: string;
  /** Domain of the author; empty if the mail has no readable author. */
  readonly sender_domain: string;
  /** Marks of the mail, in the order of the list below. */
  readonly marks: readonly MailMark[];
  /** Number of Received headers. */
  readonly hops: number;
  /** Hours from the arrival to the Date header, positive for a date in the future; null if there is none. */
  readonly date_skew_hours: number | null;
  readonly body: BodyFacts;
}

/** Marks that a mail may have. The table lists only those that it has, which keeps it small and readable. */
export const mailMarks = [
  /** Answers or forwards, by In-Reply-To or References. */
  "reply",
  /** Comes from a mailing list: List-Id, List-Post, Mailing-List or X-Mailing-List. */
  "list",
  /** Reply-To has another domain than From. */
  "reply_to_mismatch",
  /** The name before the @ of the author has three digits or more. */
  "sender_digits",
  /** Relayed by a host without a name, or by one that the receiver marked as forged. */
  "unnamed_host",
  /** HTML without a plain text. */
  "html_only",
] as const;

export type MailMark = (typeof mailMarks)[number];

export interface BodyFacts {
  /** Characters of the readable text, quotations included. */
  readonly chars: number;
  readonly links: number;
  /** Links to a bare network address. */
  readonly ip_links: number;
  /** Images in the HTML. */
  readonly images: number;
  /** Share of capitals among the letters, 0-1. */
  readonly caps_share: number;
  readonly exclamations: number;
  /** Share of lines that quote another mail, 0-1. */
  readonly quoted_share: number;
}
