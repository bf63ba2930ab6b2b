/** Commands of Review and their keys; pure, so that a table of them is a test. */

export type ReviewCommand =
  /** The n-th label, from 0. */
  | { readonly kind: "label"; readonly index: number }
  | { readonly kind: "skip_reason"; readonly index: number }
  | { readonly kind: "send" | "skip" | "undo" | "comment" | "verdicts" | "leave" }
  | { readonly kind: "scroll"; readonly by: 1 | -1 };

export interface KeyPress {
  readonly key: string;
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly alt: boolean;
  /** True in a field that takes text. */
  readonly typing: boolean;
  readonly inDialog: boolean;
  /** True if the reasons to skip are open: digits choose among them. */
  readonly choosingSkip: boolean;
}

const letters: Readonly<Record<string, ReviewCommand>> = {
  s: { kind: "skip" },
  u: { kind: "undo" },
  c: { kind: "comment" },
  v: { kind: "verdicts" },
  j: { kind: "scroll", by: 1 },
  k: { kind: "scroll", by: -1 },
};

/** Returns the command of a key press, or null if it has none. */
export function reviewCommand(press: KeyPress): ReviewCommand | null {
  if (press.inDialog) return null;
  if (press.key === "Enter" && (press.ctrl || press.meta)) return { kind: "send" };
  if (press.key === "Escape") return press.typing || press.choosingSkip ? { kind: "leave" } : null;
  if (press.typing || press.ctrl || press.meta || press.alt) return null;
  if (/^[1-9]$/.test(press.key)) {
    const index = Number(press.key) - 1;
    return press.choosingSkip ? { kind: "skip_reason", index } : { kind: "label", index };
  }
  if (press.key === "ArrowDown") return { kind: "scroll", by: 1 };
  if (press.key === "ArrowUp") return { kind: "scroll", by: -1 };
  const letter = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  return Object.hasOwn(letters, letter) ? (letters[letter] ?? null) : null;
}
