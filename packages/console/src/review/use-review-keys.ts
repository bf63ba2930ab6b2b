import { useEffect } from "react";
import { type ReviewCommand, reviewCommand } from "./review-keys.ts";
import { reviewPreferences } from "./review-preferences.ts";

type Handlers = {
  readonly [Kind in ReviewCommand["kind"]]?: (command: Extract<ReviewCommand, { kind: Kind }>) => void;
};

/** Calls the handler of the command that a key press stands for; a press without a handler is left alone. */
export function useReviewKeys(handlers: Handlers, choosingSkip = false): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : null;
      const command = reviewCommand({
        key: event.key,
        ctrl: event.ctrlKey,
        meta: event.metaKey,
        alt: event.altKey,
        typing: target?.closest("input, textarea, select, [contenteditable]") != null,
        inDialog: document.querySelector('[role="dialog"]') !== null,
        choosingSkip,
      });
      if (command === null || (!reviewPreferences.keys() && command.kind !== "leave")) return;
      const handle = handlers[command.kind] as ((command: ReviewCommand) => void) | undefined;
      if (handle === undefined) return;
      event.preventDefault();
      handle(command);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  });
}
