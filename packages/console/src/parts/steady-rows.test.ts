import { expect, it } from "vitest";
import { steadyRows } from "./steady-rows.ts";

interface Row {
  readonly key: string;
  readonly text: string;
}

const rows = (keys: string, text = "old"): Row[] => [...keys].map((key) => ({ key, text }));
const shown = (present: string, fresh: string) => {
  const steady = steadyRows(rows(present), rows(fresh, "new"), (row) => row.key);
  return { keys: steady.rows.map((row) => row.key).join(""), waiting: steady.waiting };
};

it("new rows wait, wherever they would come in; known ones stay in place and have their new cells", () => {
  expect(shown("cba", "edcba")).toEqual({ keys: "cba", waiting: 2 });
  expect(shown("cba", "cxbya")).toEqual({ keys: "cba", waiting: 2 });
  const { rows: steady } = steadyRows(rows("ba"), rows("cba", "new"), (row) => row.key);
  expect(steady).toEqual(rows("ba", "new"));
});

it("another order alone moves nothing", () => {
  expect(shown("cba", "abc")).toEqual({ keys: "cba", waiting: 0 });
});

it("what is gone leaves, but not what new rows have pushed off the end", () => {
  expect(shown("cba", "ca")).toEqual({ keys: "ca", waiting: 0 });
  expect(shown("cba", "cb")).toEqual({ keys: "cb", waiting: 0 });
  expect(shown("cba", "edc")).toEqual({ keys: "cba", waiting: 2 });
  expect(shown("cba", "xyz")).toEqual({ keys: "cba", waiting: 3 });
  expect(shown("dcba", "ed")).toEqual({ keys: "da", waiting: 1 });
  expect(shown("cba", "eca")).toEqual({ keys: "ca", waiting: 1 });
});

it("where nothing was before the reader all comes at once", () => {
  expect(shown("", "ba")).toEqual({ keys: "ba", waiting: 0 });
});
