import { expect, it } from "vitest";
import { ByteBudget } from "./byte-budget.ts";

it("grants up to the limit at once, the others in order, and refuses when too many wait", async () => {
  const budget = new ByteBudget(10, 2);
  const order: string[] = [];
  const acquire = async (name: string, bytes: number) => {
    const release = await budget.acquire(bytes);
    order.push(name);
    return release;
  };
  const first = await acquire("first", 6);
  const large = acquire("large", 100);
  // It would fit, but earlier callers come first, so that large batches are not overtaken forever.
  const small = acquire("small", 1);
  await expect(acquire("refused", 1)).rejects.toMatchObject({
    code: "busy",
    details: { retry_after_seconds: 5 },
  });
  expect(order).toEqual(["first"]);
  first();
  first();
  const releaseLarge = await large;
  expect(order).toEqual(["first", "large"]);
  releaseLarge();
  (await small)();
  expect(order).toEqual(["first", "large", "small"]);
  (await acquire("all", 10))();
});
