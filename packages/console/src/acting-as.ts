/** Under which name the open console acts: kept in this browser, sent with every request. */
const STORAGE_KEY = "relearn.acting_as";

const listeners = new Set<() => void>();

export const actingAs = {
  get(): string | null {
    return localStorage.getItem(STORAGE_KEY);
  },
  set(name: string | null): void {
    if (name === null) localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, name);
    for (const listener of listeners) listener();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
