import { createHash } from "node:crypto";

/**
 * Masks what identifies a person or a delivery: the local part of an address becomes the start of its hash (the same
 * for the same address), a link becomes its host, and long numbers (telephones, orders, cards) become `[number]`.
 * Rules do not find names in running text, so these remain.
 */
export function maskPersonalData(text: string): string {
  return text.replace(personal, (run: string, host: string | undefined) => {
    if (host !== undefined) return `[link ${toHost(host)}]`;
    if (run.includes("@")) return maskAddress(run.replace(/^mailto:/i, ""));
    return digitCount(run) >= 7 && !isoDate.test(run) ? "[number]" : run;
  });
}

/** Matches a link with its authority as the group, an address, or a sequence of digits with separators. */
const personal =
  /\b(?:https?|ftp):\/\/([^\s/<>"')\]?#]*)[^\s<>"')\]]*|(?:mailto:)?[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+|\+?\(?\d[\d\s().-]{5,}\d/gi;

const isoDate = /^(19|20)\d\d-\d\d-\d\d$/;

/** Masks `local@Domain` as `u-<6 hex>@domain`. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf("@");
  const hash = createHash("sha256").update(address.toLowerCase()).digest("hex").slice(0, 6);
  return `u-${hash}@${address.slice(at + 1).toLowerCase()}`;
}

function toHost(authority: string): string {
  return authority
    .slice(authority.lastIndexOf("@") + 1)
    .replace(/:\d+$|[.,;:]+$/, "")
    .toLowerCase();
}

function digitCount(text: string): number {
  return text.replace(/\D/g, "").length;
}
