import { randomBytes } from "node:crypto";

/** Generates an id: the prefix, an underscore and 16 random hex digits. A double click selects all of it. */
export function newId(prefix: "ap" | "ro" | "rb" | "se" | "nt"): string {
  return `${prefix}_${randomBytes(8).toString("hex")}`;
}
