import { createHash } from "node:crypto";

/**
 * Takes out of a text what points at a person or at one delivery: the local part of an address becomes the
 * start of its hash (the same address, the same mask), of a link only the host stays, long numbers
 * (telephones, orders, cards) become `[number]`. Explicit words become `[adult]`: the table is read in
 * offices. Names that stand in running text are not found by rules and stay.
 */
export function maskPersonalData(text: string): string {
  const masked = text.replace(personal, (run: string, host: string | undefined) => {
    if (host !== undefined) return `[link ${hostOf(host)}]`;
    if (run.includes("@")) return maskAddress(run);
    return digitCount(run) >= 7 && !isoDate.test(run) ? "[number]" : run;
  });
  return maskExplicitWords(masked);
}

/** A link with its authority as the group, an address, or a run of digits with what stands between them. */
const personal =
  /\b(?:https?|ftp):\/\/([^\s/<>"')\]?#]*)[^\s<>"')\]]*|[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+|\+?\(?\d[\d\s().-]{5,}\d/gi;

const isoDate = /^(19|20)\d\d-\d\d-\d\d$/;

/** `local@Domain` as `u-<6 hex>@domain`. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf("@");
  const hash = createHash("sha256").update(address.toLowerCase()).digest("hex").slice(0, 6);
  return `u-${hash}@${address.slice(at + 1).toLowerCase()}`;
}

function hostOf(authority: string): string {
  return authority
    .slice(authority.lastIndexOf("@") + 1)
    .replace(/:\d+$/, "")
    .toLowerCase();
}

function digitCount(text: string): number {
  return text.replace(/\D/g, "").length;
}

/** Also found inside longer words and with a digit in place of a letter, as spam writes them. */
const explicitWords =
  /\b[\w-]*(?:p[o0]rn|f[u*]ck|xxx|blowjob|pussy|penis|cumshot|orgasm|masturbat|nympho|slut|whore|lolita|incest|bestial|cunt|horny|erotic|erection|ejaculat|vagina|hardcore)[\w-]*|\b(?:sexy?|sexual(?:ly)?|cum|cock|tits?|anal|nude|naked)\b/gi;

export function maskExplicitWords(text: string): string {
  return text.replace(explicitWords, "[adult]");
}

/** Whether a text has words that the mask above takes out. */
export function hasExplicitWords(text: string): boolean {
  return text.search(explicitWords) >= 0;
}
