import { describe, expect, it } from "vitest";
import { MINUTE_MS, SECOND_MS } from "../clock.ts";
import { type Attempt, AttemptLimiter } from "./attempt-limiter.ts";

const start = Date.parse("2026-03-02T12:00:00Z");
const at = (milliseconds: number): Date => new Date(start + milliseconds);

const attempt = (secret: string, source = "10.0.0.1", keyId: string | null = "rl_a"): Attempt => ({
  source,
  keyId: keyId ?? undefined,
  secretHash: secret,
});

/** Ten different wrong secrets, a second apart. */
function exhausted(source = "10.0.0.1", keyId: string | null = "rl_a") {
  const limiter = new AttemptLimiter();
  for (let count = 0; count < 10; count++) {
    const wrong = attempt(`wrong ${count}`, source, keyId);
    expect(limiter.retryAfterSeconds(wrong, at(count * SECOND_MS))).toBe(0);
    limiter.failed(wrong, at(count * SECOND_MS));
  }
  return limiter;
}

describe("the limiter", () => {
  it("looks at ten different wrong secrets, then at none for a quarter of an hour", () => {
    const limiter = exhausted();
    expect(limiter.retryAfterSeconds(attempt("another"), at(9 * SECOND_MS))).toBe(900);
    expect(limiter.retryAfterSeconds(attempt("another"), at(9 * SECOND_MS + 500))).toBe(900);
    expect(limiter.retryAfterSeconds(attempt("another"), at(9 * SECOND_MS + 15 * MINUTE_MS - 1))).toBe(1);
    expect(limiter.retryAfterSeconds(attempt("another"), at(9 * SECOND_MS + 15 * MINUTE_MS))).toBe(0);
  });

  it("holds for the source with any key, for the key from any source, and for no other pair", () => {
    const limiter = exhausted();
    const now = at(MINUTE_MS);
    expect(limiter.retryAfterSeconds(attempt("x", "10.0.0.1", "rl_b"), now)).toBeGreaterThan(0);
    expect(limiter.retryAfterSeconds(attempt("x", "10.0.0.1", null), now)).toBeGreaterThan(0);
    expect(limiter.retryAfterSeconds(attempt("x", "10.0.0.2", "rl_a"), now)).toBeGreaterThan(0);
    expect(limiter.retryAfterSeconds(attempt("x", "10.0.0.2", "rl_b"), now)).toBe(0);
  });

  it("counts texts that are no key at all against the source", () => {
    const limiter = exhausted("10.0.0.1", null);
    expect(limiter.retryAfterSeconds(attempt("x"), at(MINUTE_MS))).toBeGreaterThan(0);
    expect(limiter.retryAfterSeconds(attempt("x", "10.0.0.2"), at(MINUTE_MS))).toBe(0);
  });

  it("does not lock out the neighbours of an agent that repeats one expired key for days", () => {
    const limiter = new AttemptLimiter();
    for (let count = 0; count < 10_000; count++)
      limiter.failed(attempt("expired"), at(count * 5 * SECOND_MS));
    expect(limiter.retryAfterSeconds(attempt("another"), at(50_001 * SECOND_MS))).toBe(0);
  });

  it("goes on letting in the secret that was right from a source, whatever others try", () => {
    const limiter = new AttemptLimiter();
    limiter.succeeded(attempt("right"));
    for (let count = 0; count < 10; count++) {
      limiter.failed(attempt(`wrong ${count}`, "10.0.0.9"), at(0));
      limiter.failed(attempt(`wrong ${count}`), at(0));
    }
    expect(limiter.retryAfterSeconds(attempt("right"), at(SECOND_MS))).toBe(0);
    expect(limiter.retryAfterSeconds(attempt("wrong 11"), at(SECOND_MS))).toBeGreaterThan(0);
    // From elsewhere the key waits: there it has not been right yet.
    expect(limiter.retryAfterSeconds(attempt("right", "10.0.0.3"), at(SECOND_MS))).toBeGreaterThan(0);
  });

  it("starts again once the failures are old", () => {
    const limiter = exhausted();
    const later = 9 * SECOND_MS + 15 * MINUTE_MS;
    for (let count = 0; count < 9; count++) {
      limiter.failed(attempt(`later ${count}`), at(later));
      expect(limiter.retryAfterSeconds(attempt("another"), at(later))).toBe(0);
    }
    limiter.failed(attempt("later 9"), at(later));
    expect(limiter.retryAfterSeconds(attempt("another"), at(later))).toBe(900);
  });

  it("remembers a bounded number of sources, also under attack from very many", () => {
    const limiter = new AttemptLimiter();
    for (let count = 0; count < 50_000; count++) {
      limiter.failed(attempt(`wrong ${count}`, `source ${count}`, `rl_${count}`), at(0));
      limiter.succeeded(attempt(`right ${count}`, `source ${count}`, `rl_${count}`));
    }
    expect(limiter.size).toBeLessThanOrEqual(20_000);
  });
});
