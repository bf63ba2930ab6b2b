import type { BundleContent, BundleDocument } from "@relearn/client";
import { documentDigest } from "../digest.ts";

/** How much of the digest names a bundle: 48 bits keep 10,000 bundles of one installation apart. */
const ID_DIGITS = 12;

/** Names a bundle by its content: the same content has the same id and digest whenever and wherever it is made. */
export function nameBundle(content: BundleContent, createdAt: Date): BundleDocument {
  const digest = documentDigest(content);
  return {
    bundle_id: `b_${digest.slice(0, ID_DIGITS)}`,
    digest,
    created_at: createdAt.toISOString(),
    ...content,
  };
}

/** The digest that the document's content really has; equal to its `digest` unless somebody changed it. */
export function contentDigest(bundle: BundleDocument): string {
  const { bundle_id: _id, digest: _digest, created_at: _createdAt, ...content } = bundle;
  return documentDigest(content);
}
