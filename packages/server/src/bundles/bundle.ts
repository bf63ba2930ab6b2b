import type { BundleContent, BundleDocument } from "@relearn/client";
import { documentDigest } from "../digest.ts";

/** Number of digits of the digest in a bundle id: 48 bits are enough to distinguish 10,000 bundles. */
const ID_DIGITS = 12;

/** Creates a bundle document whose id and digest depend on its content only. */
export function nameBundle(content: BundleContent, createdAt: Date): BundleDocument {
  const digest = documentDigest(content);
  return {
    bundle_id: `b_${digest.slice(0, ID_DIGITS)}`,
    digest,
    created_at: createdAt.toISOString(),
    ...content,
  };
}

/** Computes the digest of a bundle's content; it equals the document's `digest` unless the content was altered. */
export function contentDigest(bundle: BundleDocument): string {
  const { bundle_id: _id, digest: _digest, created_at: _createdAt, ...content } = bundle;
  return documentDigest(content);
}
