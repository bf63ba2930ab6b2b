/**
 * Delivers notifications while a service runs: immediately after a change by this process, and every few
 * seconds for retries and for messages of other processes. Rounds do not overlap.
 */
import type { AuditService } from "../audit/audit-service.ts";
import { HOUR_MS, SECOND_MS } from "../clock.ts";
import type { NotificationService } from "./notification-service.ts";

export interface NotificationWorker {
  /** Stops after the current round. */
  stop(): Promise<void>;
}

const EVERY_MS = 5 * SECOND_MS;

export function startNotificationWorker(options: {
  readonly notifications: NotificationService;
  readonly audit: AuditService;
  readonly reportFailure: (error: unknown) => void;
}): NotificationWorker {
  const { notifications, audit, reportFailure } = options;
  let isStopped = false;
  let round: Promise<void> | undefined;
  let isRoundRequested = false;
  let prunedAt = 0;
  const deliver = (): void => {
    if (isStopped) return;
    if (round !== undefined) {
      isRoundRequested = true;
      return;
    }
    round = (async () => {
      try {
        await notifications.deliverDue();
        if (Date.now() - prunedAt > HOUR_MS) {
          prunedAt = Date.now();
          await notifications.prune();
        }
      } catch (error) {
        reportFailure(error);
      } finally {
        round = undefined;
        if (isRoundRequested) {
          isRoundRequested = false;
          deliver();
        }
      }
    })();
  };
  const unsubscribe = audit.subscribe((event) => {
    if (event.kind.startsWith("rollout.")) deliver();
  });
  const timer = setInterval(deliver, EVERY_MS);
  timer.unref();
  deliver();
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      unsubscribe();
      await round;
    },
  };
}
