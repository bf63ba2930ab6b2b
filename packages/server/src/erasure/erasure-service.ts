import { createHash } from "node:crypto";
import type { ErasureReport } from "@relearn/contract";
import { type ActorReference, toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { eraseKey } from "./erasure-store.ts";

/** Takes a person out of the installation. It trusts its caller to have checked the right to. */
export class ErasureService {
  readonly #audit: AuditService;

  constructor(audit: AuditService) {
    this.#audit = audit;
  }

  /**
   * Takes payloads, notes and persons of a task's key or a unit's id out of every table, in one transaction
   * with an audit event that holds digest and counts. Labels, verdicts and numbers stay, so statistics and
   * chains do. The same key again erases nothing more; a signal that is sent again brings its payload back.
   */
  async erase(key: string, options: { actor: ActorReference }): Promise<ErasureReport> {
    const key_digest = createHash("sha256").update(key).digest("hex");
    return this.#audit.change(toActor(options.actor), async (trx) => {
      const erased = await eraseKey(trx, key);
      const total = Object.values(erased).reduce((sum, count) => sum + count, 0);
      return {
        result: { key_digest, erased, total },
        // Also where nothing was found: that somebody asked is part of the record.
        record: { kind: "key.erased", object: `sha256:${key_digest}`, detail: { erased, total } },
      };
    });
  }
}
