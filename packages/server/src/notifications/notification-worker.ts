/**
 * Delivers notifications while a service runs: at once after a change of this process, and every few seconds
 * what is due for another attempt or was written by another process. One round at a time.
 */
import type { AuditService } from "../audit/audit-service.ts";
import { HOUR_MS, SECOND_MS } from "../clock.ts";
import type { NotificationService } from "./notification-service.ts";

export interface NotificationWorker {
  /** Ends after the round under way. */
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
  let isAskedAgain = false;
  let prunedAt = 0;
  const deliver = (): void => {
    if (isStopped) return;
    if (round !== undefined) {
      isAskedAgain = true;
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
        if (isAskedAgain) {
          isAskedAgain = false;
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
