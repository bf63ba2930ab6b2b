import type { ReviewItemDocument } from "@relearn/contract";
import { useEffect, useRef, useState } from "react";
import { LEASE_SECONDS, renewLease } from "./review-api.ts";

const LEASE_MS = LEASE_SECONDS * 1000;
/** A lease is renewed after this time if the person is active. */
const RENEW_AFTER_MS = LEASE_MS / 3;
/** After this time without activity the lease is allowed to expire. */
const IDLE_MS = LEASE_MS / 2;
const TICK_MS = 5000;

export interface Lease {
  /** True in the last minute: ask whether to keep the item. */
  readonly ending: boolean;
  readonly keep: () => void;
}

/**
 * Renews the item's lease while the person works on it. Time is measured by the browser's clock from the
 * arrival of the lease, since the clocks of browser and service may differ.
 */
export function useLease(item: ReviewItemDocument | null): Lease {
  const [ending, setEnding] = useState(false);
  const renewedAt = useRef(Date.now());
  const activeAt = useRef(Date.now());
  const token = item?.lease?.token ?? null;
  const itemId = item?.item_id ?? null;

  useEffect(() => {
    renewedAt.current = Date.now();
    activeAt.current = Date.now();
    setEnding(false);
    if (token === null || itemId === null) return;
    const noteWork = () => {
      activeAt.current = Date.now();
    };
    const tick = setInterval(() => {
      const now = Date.now();
      setEnding(now - renewedAt.current > LEASE_MS - 60_000);
      if (now - renewedAt.current > RENEW_AFTER_MS && now - activeAt.current < IDLE_MS) {
        renewedAt.current = now;
        // A lease that is gone shows when the answer is sent: nothing is lost by it.
        void renewLease(itemId, token).catch(() => {});
      }
    }, TICK_MS);
    for (const name of ["keydown", "pointerdown", "scroll"]) window.addEventListener(name, noteWork, true);
    return () => {
      clearInterval(tick);
      for (const name of ["keydown", "pointerdown", "scroll"])
        window.removeEventListener(name, noteWork, true);
    };
  }, [itemId, token]);

  return {
    ending,
    keep: () => {
      if (token === null || itemId === null) return;
      renewedAt.current = Date.now();
      activeAt.current = Date.now();
      setEnding(false);
      void renewLease(itemId, token).catch(() => {});
    },
  };
}
