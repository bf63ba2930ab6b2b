import type { AddReport } from "@relearn/contract";
import { callApi } from "../api/call-api.ts";
import type { ImportPreview } from "./import-rows.ts";

export interface ImportTotals {
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  /** By row of the file, and why. */
  readonly rejected: readonly { readonly row: number; readonly reason: string }[];
}

/** Most that the service takes at once; a rehearsal sees a file's own duplicates only within it. */
export const MAX_RECORDS_PER_REQUEST = 10_000;
/** So that an import which is broken off has stored what it says. */
const STORED_AT_ONCE = 1000;

/**
 * Sends the drafts chunk after chunk. As a rehearsal nothing is stored. Sent again after a failure, what was
 * stored already counts as duplicate.
 */
export async function sendDrafts(
  drafts: ImportPreview["drafts"],
  options: { readonly rehearsal: boolean; readonly signal?: AbortSignal },
): Promise<ImportTotals> {
  const size = options.rehearsal ? MAX_RECORDS_PER_REQUEST : STORED_AT_ONCE;
  let totals: ImportTotals = { stored: 0, duplicates: 0, conflicts: 0, rejected: [] };
  for (let from = 0; from < drafts.length; from += size) {
    const chunk = drafts.slice(from, from + size);
    const report = await callApi<AddReport>("POST", "/v1/examples", {
      body: chunk.map(({ draft }) => draft),
      ...(options.rehearsal ? { query: { dry_run: true } } : {}),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    totals = {
      stored: totals.stored + report.stored,
      duplicates: totals.duplicates + report.duplicates,
      conflicts: totals.conflicts + report.conflicts,
      rejected: [
        ...totals.rejected,
        ...report.rejected.map(({ index, path, message, reason }) => ({
          row: chunk[index]?.row ?? 0,
          reason: [path, message ?? reason].filter((part) => part !== undefined && part !== "").join(" "),
        })),
      ],
    };
  }
  return totals;
}
