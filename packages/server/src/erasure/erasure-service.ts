import { createHash } from "node:crypto";
import type { ErasureReport } from "@relearn/contract";
import { type ActorReference, toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { eraseKey } from "./erasure-store.ts";

/** Erases personal data. The caller must check the right to do so. */
export class ErasureService {
  readonly #audit: AuditService;

  constructor(audit: AuditService) {
    this.#audit = audit;
  }

  /**
   * Removes payloads, notes and persons of a task's key or a unit's id from every table, in one transaction with an audit
   * event that holds digest and counts. Keeps labels, verdicts and figures, so that statistics and hash chains stay valid.
   * Repeating it erases nothing more; a signal that is sent again restores its payload.
   */
  async erase(key: string, options: { actor: ActorReference }): Promise<ErasureReport> {
    const key_digest = createHash("sha256").update(key).digest("hex");
    return this.#audit.change(toActor(options.actor), async (trx) => {
      const erased = await eraseKey(trx, key);
      const total = Object.values(erased).reduce((sum, count) => sum + count, 0);
      return {
        result: { key_digest, erased, total },
        // Recorded even if nothing was found: the request itself belongs in the audit log.
        record: { kind: "key.erased", object: `sha256:${key_digest}`, detail: { erased, total } },
      };
    });
  }
}
