import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAgentDefinition } from "./parse-agent-definition.ts";
import { featureNames, TableSurvey, toAgentName } from "./suggest-definition.ts";

type Row = Readonly<Record<string, unknown>>;

function survey(rows: readonly (readonly [Row, string])[]): TableSurvey {
  const table = new TableSurvey();
  for (const [payload, label] of rows) table.add(payload, label);
  return table;
}

/** Thirty orders: late where they are far. */
const orders = Array.from({ length: 30 }, (_, at): [Row, string] => [
  {
    order_id: `o-${at}`,
    km: at * 10,
    grams: (at * 7) % 11,
    express: at % 3 === 0,
    stops: ["a", "b"].slice(0, at % 3),
    country: at % 2 === 0 ? "DE" : "FR",
    ...(at === 0 ? { rare: 1 } : {}),
    always: 4,
    address: { floor: at % 5 },
  },
  at >= 15 ? "late" : "in time",
]);

describe("suggesting a definition from a table", () => {
  it("takes numbers, truth values and lists as features, the labels as classes, and says what it left out", () => {
    const { definition, notes, labels, likelyKey } = survey(orders).suggest("orders", {});
    expect(definition).toEqual({
      name: "orders",
      classes: ["in time", "late"],
      positive: "late",
      features: [
        { name: "km", path: "km", kind: "number", default: 140, min: 0 },
        { name: "grams", path: "grams", kind: "number", default: 5, min: 0 },
        { name: "express", path: "express", kind: "boolean", default: false },
        { name: "stops", path: "stops", kind: "length", default: 1, min: 0 },
        { name: "address_floor", path: "address.floor", kind: "number", default: 2, min: 0 },
      ],
      thresholds: [
        { name: "km_threshold", boundary_of: "km", fallback: 140 },
        { name: "grams_threshold", boundary_of: "grams", fallback: 5 },
      ],
    });
    expect(parseAgentDefinition(definition)).toEqual(definition);
    expect(labels).toEqual({ "in time": 15, late: 15 });
    expect(likelyKey).toBe("order_id");
    expect(notes.map((note) => note.split(":")[0])).toEqual([
      "order_id is left out",
      "country is left out",
      "rare is left out",
      "always is left out",
    ]);
  });

  it("orders numeric labels by number and takes the positive class that it is told", () => {
    const rows = ["10", "9", "2", "10"].map((label, at): [Row, string] => [{ x: at }, label]);
    expect(survey(rows).suggest("a", {}).definition).toMatchObject({
      classes: ["2", "9", "10"],
      positive: "10",
    });
    expect(survey(rows).suggest("a", { positive: "9" }).definition.positive).toBe("9");
    expect(() => survey(rows).suggest("a", { positive: "3" })).toThrow(
      '"3" is no label of the file; the labels are 2, 9, 10',
    );
  });

  it("asks for a default where a column mixes kinds, and for none from rows without a label", () => {
    const rows: [Row, string][] = [
      [{ x: 1 }, "a"],
      [{ x: "about two" }, "b"],
      [{ x: 3 }, "b"],
      [{ x: 100 }, "NA"],
    ];
    const { definition, notes } = survey(rows).suggest("a", {});
    expect(definition.features).toEqual([{ name: "x", path: "x", kind: "number", default: 1, min: 0 }]);
    expect(notes).toEqual([
      "1 rows have no label and were skipped.",
      'x: 1 rows hold a value of another kind than the rest (e.g. "about two"); they get the default.',
    ]);
  });

  it.each<[string, [Row, string][], string]>([
    ["no rows", [], "No row has a label"],
    ["no labels", [[{ x: 1 }, ""]], "No row has a label"],
    [
      "one class",
      [
        [{ x: 1 }, "a"],
        [{ x: 2 }, "a"],
      ],
      'Every row has the label "a"',
    ],
    [
      "words alone",
      [
        [{ x: "p" }, "a"],
        [{ x: "q" }, "b"],
      ],
      "No column can be a feature. x is left out: it holds words",
    ],
    [
      "nothing besides the label",
      [
        [{}, "a"],
        [{}, "b"],
      ],
      "No column can be a feature",
    ],
    [
      "infinite values alone",
      [
        [{ x: Infinity }, "a"],
        [{ x: -Infinity }, "b"],
      ],
      "No column can be a feature",
    ],
  ])("refuses %s and says why", (_, rows, reason) => {
    expect(() => survey(rows).suggest("a", {})).toThrow(reason);
  });

  it("refuses a label column that is a number to predict", () => {
    const rows = Array.from({ length: 101 }, (_, at): [Row, string] => [{ x: 1 }, `${at}.5`]);
    expect(() => survey(rows)).toThrow("more than 100 different values");
  });

  it("names features plainly, alike columns apart", () => {
    expect(
      featureNames(["Risk Score", "risk_score", "2nd", "$", "café", "x".repeat(80), "x".repeat(70)]),
    ).toEqual(["risk_x20_score", "risk_score", "f_2nd", "f", "caf", "x".repeat(63), `${"x".repeat(61)}_2`]);
    expect(featureNames(["f;", "f(", "f"])).toEqual(["f_x3b", "f_x28", "f"]);
    expect(toAgentName("2024 Orders.final.csv")).toBe("agent_2024_orders_final");
  });

  it("whatever the columns are called and hold: a definition that the schema takes, or a refusal", () => {
    const cell = fc.oneof(
      fc.double(),
      fc.boolean(),
      fc.string(),
      fc.array(fc.nat(), { maxLength: 3 }),
      fc.constant(null),
    );
    const row = fc.tuple(fc.dictionary(fc.string(), cell, { maxKeys: 6 }), fc.constantFrom("a", "b", "no"));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
        let suggested: ReturnType<TableSurvey["suggest"]>;
        try {
          suggested = survey(rows).suggest("table", {});
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_input" });
          return;
        }
        expect(parseAgentDefinition(suggested.definition)).toEqual(suggested.definition);
      }),
    );
  });
});
