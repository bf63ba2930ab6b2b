import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";

/** Computes the SHA-256 of a document's canonical JSON, in hex. Equal documents have equal digests on any machine. */
export function documentDigest(document: unknown): string {
  return createHash("sha256").update(canonicalJson(document)).digest("hex");
}
