import { randomBytes } from "node:crypto";

/** A fresh name: the prefix and 16 random hex digits, easy to tell apart in a log and to select with two clicks. */
export function newId(prefix: "ap" | "ro" | "rb" | "se" | "nt"): string {
  return `${prefix}_${randomBytes(8).toString("hex")}`;
}
