import { expect, test } from "vitest";
import { findCurrentJudge } from "./current-judge.ts";

test.each([
  { newest: [], began: undefined, is: null },
  { newest: [], began: "a", is: "a" },
  { newest: ["b", "a", "a"], began: undefined, is: "a" },
  { newest: ["b", "a"], began: undefined, is: "b" },
  { newest: [null, null, "a"], began: undefined, is: null },
  // Two that take turns: no change, regardless of which came last.
  { newest: ["b", "b", "a"], began: "a", is: "a" },
  { newest: ["b", "b", "b"], began: "a", is: "b" },
  { newest: ["b"], began: null, is: "b" },
  { newest: [null], began: "a", is: null },
])("of $newest after $began: $is", ({ newest, began, is }) => {
  expect(findCurrentJudge(newest, began)).toBe(is);
});
