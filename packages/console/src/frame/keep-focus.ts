import { useEffect } from "react";

/** A dialog that closes gives the focus back by itself within this time. */
const OTHERS_FIRST_MS = 60;

/**
 * Whoever works by keys does not fall out of the page: where the element with the focus goes away (its act is
 * done, its list is another), the focus goes to the page's heading; where it was disabled for a while, it
 * comes back. Who leaves an element on purpose is not followed.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let last: HTMLElement | null = null;
    const enter = ({ target }: FocusEvent): void => {
      if (target instanceof HTMLElement) last = target;
    };
    const leave = ({ target }: FocusEvent): void => {
      requestAnimationFrame(() => {
        const onPurpose = last === target && last?.isConnected && !last.matches(":disabled");
        if (onPurpose && document.activeElement !== last) last = null;
      });
    };
    let mending: ReturnType<typeof setTimeout> | undefined;
    const mend = (): void => {
      if (last === null || document.activeElement !== document.body) return;
      if (last.isConnected && last.matches(":disabled")) return;
      const to = last.isConnected ? last : document.querySelector<HTMLElement>("h1");
      to?.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(() => {
      if (last === null || document.activeElement !== document.body) return;
      clearTimeout(mending);
      mending = setTimeout(mend, OTHERS_FIRST_MS);
    });
    observer.observe(document.body, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ["disabled"],
    });
    document.addEventListener("focusin", enter);
    document.addEventListener("focusout", leave);
    return () => {
      observer.disconnect();
      clearTimeout(mending);
      document.removeEventListener("focusin", enter);
      document.removeEventListener("focusout", leave);
    };
  }, []);
}
