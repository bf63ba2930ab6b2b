/** Extracts the readable text, the HTML and the attachments of a mail. */
import type { Mail, MailPart } from "./parse-mail.ts";

export interface MailText {
  /** Readable text: the plain parts, or the HTML parts without tags if there are no plain ones. */
  readonly text: string;
  /** Original HTML parts, joined; empty if there are none. */
  readonly html: string;
  readonly htmlOnly: boolean;
  readonly attachments: readonly MailPart[];
}

export function readText(mail: Mail): MailText {
  const plain: string[] = [];
  const html: string[] = [];
  const attachments: MailPart[] = [];
  for (const part of mail.parts) {
    if (part.disposition === "attachment" || !part.type.startsWith("text/")) attachments.push(part);
    else if (part.type === "text/html") html.push(part.text);
    else if (part.fileName !== null && plain.length > 0) attachments.push(part);
    // Spam often declares HTML as plain text.
    else if (/^\s*(<!doctype html|<html\b|<body\b)/i.test(part.text)) html.push(part.text);
    else plain.push(part.text);
  }
  const joinedHtml = html.join("\n");
  const readable = plain.join("\n").trim();
  return {
    text: readable === "" ? stripHtml(joinedHtml) : readable,
    html: joinedHtml,
    htmlOnly: readable === "" && joinedHtml.trim() !== "",
    attachments,
  };
}

const entities: Readonly<Record<string, string>> = {
  nbsp: " ",
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  copy: "©",
  reg: "®",
  trade: "™",
  middot: "·",
  bull: "•",
  pound: "£",
  euro: "€",
  eacute: "é",
};

/** Returns the text without tags, scripts, styles and comments; block tags become line breaks. */
function stripHtml(html: string): string {
  return html
    .replace(/<!--[\s\S]*?(-->|$)/g, "")
    .replace(/<(script|style|title)\b[\s\S]*?(<\/\1\s*>|$)/gi, " ")
    .replace(/<\/?(p|br|div|tr|table|li|ul|ol|h[1-6]|hr|center|td|body|html)\b[^<>]*>/gi, "\n")
    .replace(/<[a-z/!?][^>]*(>|$)/gi, "")
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));?/gi, (whole, decimal, hex, name) => {
      if (name) return entities[String(name).toLowerCase()] ?? whole;
      const code = decimal ? Number(decimal) : Number.parseInt(String(hex), 16);
      return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
        ? String.fromCodePoint(code)
        : " ";
    })
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}

/** Returns the text that the sender wrote, without quoted lines, the lines that introduce them, and the signature. */
export function ownWords(text: string): string {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (/^-- ?$/.test(line)) break;
    if (/^\s*[>|}]/.test(line)) continue;
    if (/\b(wrote|writes|said|schrieb)\s*:\s*$/i.test(line) || /^\s*(On|At) .{4,80}$/.test(line)) {
      if (/\d/.test(line) || /wrote|writes|said/i.test(line)) continue;
    }
    lines.push(line);
  }
  return lines.join("\n").trim();
}

/** Computes the share of lines that quote another mail, 0-1. */
export function quotedShare(text: string): number {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0 ? 0 : lines.filter((line) => /^\s*[>|]/.test(line)).length / lines.length;
}
