import fc from "fast-check";
import { expect, it } from "vitest";
import { RateLimiter } from "./rate-limiter.ts";

it("never allows more in any interval than the burst and the rate, and states when the next request is allowed", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20_000 }),
      fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 300 }),
      (perMinute, pauses) => {
        const limiter = new RateLimiter(perMinute);
        const passed: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const { allowed, retryAfterSeconds } = limiter.take("ana", now);
          if (allowed) passed.push(now);
          else {
            // Who waits as told is let through.
            now += retryAfterSeconds * 1000;
            expect(limiter.take("ana", now).allowed).toBe(true);
            passed.push(now);
          }
        }
        for (let from = 0; from < passed.length; from++) {
          const span = (passed.at(-1) ?? 0) - (passed[from] ?? 0);
          expect(passed.length - from).toBeLessThanOrEqual(
            limiter.burst + (span * perMinute) / 60_000 + 1e-6,
          );
        }
      },
    ),
    { numRuns: 100 },
  );
});

it("does not throttle agents on this machine: a request every 10 ms, and an import of a thousand batches", () => {
  const limiter = new RateLimiter();
  for (let call = 0; call < 10_000; call++) expect(limiter.take("agent", call * 10).allowed).toBe(true);
  for (let batch = 0; batch < 1000; batch++) expect(limiter.take("import", batch * 5).allowed).toBe(true);
});
