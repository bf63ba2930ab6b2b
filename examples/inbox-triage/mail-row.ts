/** One line of `mail.jsonl`: a mail as the agent `inbox_triage` sees it, and what it really was. */

export type MailClass = "safe" | "quarantine";

export interface MailRow {
  /** `mail-` and 12 hex digits of a hash of the mail itself: unique in the table, the same in every derivation. */
  readonly key: string;
  /** When the mail arrived, ISO 8601 UTC, to the second; the table is sorted by it, then by key. */
  readonly date: string;
  /** What people said the mail is: spam is `quarantine`, ham is `safe`. */
  readonly class: MailClass;
  /** The folder of the corpus. `hard-ham-1` are the mails that look like spam and are not. */
  readonly folder: string;
  readonly payload: MailPayload;
}

/** The seven paths that `inbox_triage` reads come first; the judges read the rest too. */
export interface MailPayload {
  /** 0-100, from rules that read the content. */
  readonly risk_score: number;
  /** Stand-in: no host that handed the mail on belongs to the domain of the envelope's sender. */
  readonly spf_fail: boolean;
  /** Stand-in: the Message-ID is missing or from a domain that is neither the author's nor the sender's. */
  readonly dkim_fail: boolean;
  /** The words of the list in `suspicious-keywords.ts` that stand in subject or text. */
  readonly suspicious_keywords: readonly string[];
  /** Media type and file extension of each. */
  readonly attachments: readonly string[];
  /** Stand-in: whole days since the corpus first had mail from the author's domain. */
  readonly sender_domain_age_days: number;
  /** Addresses in To and Cc; 0 for undisclosed recipients. */
  readonly recipient_count: number;

  /** Decoded, masked, at most 100 characters; `[adult]` where subject and text are too explicit to show. */
  readonly subject: string;
  /** The beginning of the text that the sender wrote, masked, at most 160 characters. */
  readonly excerpt: string;
  /** Empty where the mail has no readable author. */
  readonly sender_domain: string;
  /** What holds of the mail, in the order of the list below. */
  readonly marks: readonly MailMark[];
  /** Number of Received headers. */
  readonly hops: number;
  /** Hours from the arrival to what Date says, positive for a date in the future; null where there is none. */
  readonly date_skew_hours: number | null;
  readonly body: BodyFacts;
}

/** Facts that a mail has or has not; a list of those that hold keeps the table small and readable. */
export const mailMarks = [
  /** Answers or forwards, by In-Reply-To or References. */
  "reply",
  /** Says that it comes from a mailing list: List-Id, List-Post, Mailing-List or X-Mailing-List. */
  "list",
  /** Reply-To leads to another domain than From. */
  "reply_to_mismatch",
  /** The name before the @ of the author has three digits or more. */
  "sender_digits",
  /** A hand-over from a host without a name, or that the receiver marked as forged. */
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
