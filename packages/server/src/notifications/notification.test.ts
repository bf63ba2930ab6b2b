import { expect, it } from "vitest";
import { computeRetryDelay, createSignedHeaders, MAX_ATTEMPTS } from "./notification.ts";

it("signs as Standard Webhooks has it", () => {
  // The published example of the specification's reference libraries (standard-webhooks/libraries, test vectors):
  // secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, id msg_p5jXN8AQM9LWM0D4loKWxJek, time 1614265330.
  const message = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: '{"test": 2432232314}' };
  const headers = createSignedHeaders(
    message,
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    new Date(1614265330_000),
  );
  expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  expect(headers["webhook-timestamp"]).toBe("1614265330");
});

it("waits longer each time, about a day in all, and then no more", () => {
  const waits = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, attempt) => computeRetryDelay(attempt + 1)!);
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(waits.reduce((sum, wait) => sum + wait, 0) / 3_600_000).toBeCloseTo(23.7, 1);
  expect(computeRetryDelay(MAX_ATTEMPTS)).toBeUndefined();
});
