import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventBuffer, type SendResult } from "./event-buffer.ts";

test("sends in order, in batches, and empties", async () => {
  const batches: number[][] = [];
  const buffer = createEventBuffer<number>(
    async (batch) => {
      batches.push([...batch]);
      return "accepted";
    },
    100,
    3,
  );
  for (let n = 0; n < 7; n++) buffer.push(n);
  expect(await buffer.flush()).toBe("emptied");
  expect(batches).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  expect(buffer.counts()).toEqual({ buffered: 0, sent: 7, dropped: 0, rejected: 0 });
});

test("a failure keeps the batch; the next flush sends it again", async () => {
  const results: SendResult[] = ["retry", "accepted"];
  const batches: number[][] = [];
  const buffer = createEventBuffer<number>(
    async (batch) => {
      batches.push([...batch]);
      return results.shift()!;
    },
    100,
    10,
  );
  buffer.push(1);
  expect(await buffer.flush()).toBe("failed");
  buffer.push(2);
  expect(await buffer.flush()).toBe("emptied");
  expect(batches).toEqual([[1], [1, 2]]);
});

test("a throw counts as a failure", async () => {
  const buffer = createEventBuffer<number>(
    async () => {
      throw new Error("no route");
    },
    100,
    10,
  );
  buffer.push(1);
  expect(await buffer.flush()).toBe("failed");
  expect(buffer.counts().buffered).toBe(1);
});

test("full, it lets the oldest go and counts", async () => {
  const sent: number[] = [];
  const buffer = createEventBuffer<number>(
    async (batch) => {
      sent.push(...batch);
      return "accepted";
    },
    3,
    10,
  );
  for (let n = 0; n < 5; n++) buffer.push(n);
  expect(buffer.counts()).toMatchObject({ buffered: 3, dropped: 2 });
  await buffer.flush();
  expect(sent).toEqual([2, 3, 4]);
});

test("rejected documents are removed and counted, and the rest is sent", async () => {
  const results: SendResult[] = ["rejected", "accepted"];
  const buffer = createEventBuffer<number>(async () => results.shift()!, 100, 2);
  for (let n = 0; n < 4; n++) buffer.push(n);
  expect(await buffer.flush()).toBe("emptied");
  expect(buffer.counts()).toEqual({ buffered: 0, sent: 2, dropped: 0, rejected: 2 });
});

test("a batch that is too large is halved until it is accepted; a single document that is too large is removed", async () => {
  const sent: number[] = [];
  const buffer = createEventBuffer<number>(
    async (batch) => {
      if (batch.length > 2 || batch.includes(99)) return "too_large";
      sent.push(...batch);
      return "accepted";
    },
    100,
    8,
  );
  for (const n of [1, 2, 3, 99, 4, 5]) buffer.push(n);
  expect(await buffer.flush()).toBe("emptied");
  expect(sent).toEqual([1, 2, 3, 4, 5]);
  expect(buffer.counts()).toMatchObject({ sent: 5, rejected: 1 });
});

test("two flushes at once are one", async () => {
  let calls = 0;
  const buffer = createEventBuffer<number>(
    async () => {
      calls += 1;
      return "accepted";
    },
    100,
    10,
  );
  buffer.push(1);
  await Promise.all([buffer.flush(), buffer.flush()]);
  expect(calls).toBe(1);
});

test("whatever comes between: nothing is lost uncounted, sent twice or out of order", async () => {
  const result = fc.constantFrom<SendResult>("accepted", "retry", "rejected", "too_large", {
    refused: 1,
    reason: "the first of them",
  });
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 7 }) }),
    // While a batch is under way, `during` more arrive: they may push out documents of that very batch.
    fc.record({ result, during: fc.integer({ min: 0, max: 7 }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, capacity, batchSize) => {
        let next = 0;
        const accepted: number[] = [];
        let plan: { result: SendResult; during: number } | undefined;
        const buffer = createEventBuffer<number>(
          async (batch) => {
            const { result, during } = plan ?? { result: "retry", during: 0 };
            plan = undefined;
            for (let n = 0; n < during; n++) buffer.push(next++);
            if (result === "accepted") accepted.push(...batch);
            if (typeof result === "object") accepted.push(...batch.slice(1));
            return result;
          },
          capacity,
          batchSize,
        );
        for (const step of steps) {
          if ("push" in step) for (let n = 0; n < step.push; n++) buffer.push(next++);
          else {
            plan = step;
            await buffer.flush();
          }
          const { buffered, sent, dropped, rejected } = buffer.counts();
          expect(buffered + sent + dropped + rejected).toBe(next);
          expect(sent).toBe(accepted.length);
          expect(dropped).toBeGreaterThanOrEqual(0);
          expect(buffered).toBeLessThanOrEqual(capacity);
        }
        expect(accepted).toEqual([...new Set(accepted)].sort((a, b) => a - b));
      },
    ),
  );
});
