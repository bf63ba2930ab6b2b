import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";

/** SHA-256, hex, of a document's canonical JSON: equal documents have equal digests, on any machine. */
export function documentDigest(document: unknown): string {
  return createHash("sha256").update(canonicalJson(document)).digest("hex");
}
