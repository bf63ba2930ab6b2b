/**
 * Answers on their way: kept in this browser until the service has them, so that neither a reload nor a
 * stopped service loses one. Sending again is harmless, since the lease's token names the answer.
 */
export interface PendingAnswer {
  readonly item_id: number;
  readonly agent: string;
  readonly person: string;
  readonly lease_token: string;
  readonly label: string | null;
  readonly skip_reason: string | null;
  readonly notes: string;
}

const OUTBOX = "relearn.unsent";

export function readOutbox(storage: Storage): PendingAnswer[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(OUTBOX) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

export function keepInOutbox(storage: Storage, answer: PendingAnswer): void {
  const others = readOutbox(storage).filter((one) => one.lease_token !== answer.lease_token);
  storage.setItem(OUTBOX, JSON.stringify([...others, answer]));
}

export function takeFromOutbox(storage: Storage, leaseToken: string): void {
  const others = readOutbox(storage).filter((one) => one.lease_token !== leaseToken);
  storage.setItem(OUTBOX, JSON.stringify(others));
}

const draftKey = (person: string, itemId: number): string => `relearn.draft.${person}.${itemId}`;

/** Returns the unfinished comment on an item. */
export function readDraft(storage: Storage, person: string, itemId: number): string {
  return storage.getItem(draftKey(person, itemId)) ?? "";
}

export function keepDraft(storage: Storage, person: string, itemId: number, text: string): void {
  if (text === "") storage.removeItem(draftKey(person, itemId));
  else storage.setItem(draftKey(person, itemId), text);
}
