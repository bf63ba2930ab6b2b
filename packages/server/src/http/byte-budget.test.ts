import { expect, it } from "vitest";
import { ByteBudget } from "./byte-budget.ts";

it("lets so much through at once, the others in their order, and refuses when too many wait", async () => {
  const budget = new ByteBudget(10, 2);
  const order: string[] = [];
  const take = async (name: string, bytes: number) => {
    const giveBack = await budget.take(bytes);
    order.push(name);
    return giveBack;
  };
  const first = await take("first", 6);
  const large = take("large", 100);
  // It would fit, but whoever waits comes before it: large ones are not overtaken for ever.
  const small = take("small", 1);
  await expect(take("refused", 1)).rejects.toMatchObject({
    code: "busy",
    details: { retry_after_seconds: 5 },
  });
  expect(order).toEqual(["first"]);
  first();
  first();
  const giveBackLarge = await large;
  expect(order).toEqual(["first", "large"]);
  giveBackLarge();
  (await small)();
  expect(order).toEqual(["first", "large", "small"]);
  (await take("all", 10))();
});
