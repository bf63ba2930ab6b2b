import { expect, test } from "vitest";
import { checkEventSequences } from "./rollout-events.fixture.ts";

test("1,000,000 random sequences of events: nothing illegal, nobody approves their own", {
  timeout: 600_000,
}, () => {
  expect(checkEventSequences(1_000_000).size).toBeGreaterThan(30);
});
