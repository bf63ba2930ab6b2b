import type { AgentDefinition } from "@relearn/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrainingExample } from "./training-example.ts";
import { compareCodePoints, createLabelMapper, selectTrainingRows, TrainingRows } from "./training-rows.ts";

const agent: AgentDefinition = {
  name: "probe",
  classes: ["no", "yes"],
  label_map: { approved: "yes", rejected: "no" },
  features: [{ name: "x", path: "x", kind: "number", default: 0 }],
};

let serial = 0;
function example(over: Partial<TrainingExample>): TrainingExample {
  return {
    key: "k",
    payload: { x: 1 },
    label: "yes",
    source: "gold",
    source_id: `id-${serial++}`,
    confidence: 100,
    created_at: "2026-01-01T00:00:00Z",
    ...over,
  };
}

describe("one row a key", () => {
  it.each<[string, Partial<TrainingExample>[], number]>([
    [
      "review before gold",
      [
        { source: "gold", payload: { x: 1 } },
        { source: "review", payload: { x: 2 } },
      ],
      2,
    ],
    ["gold before approvals", [{ source: "approvals" }, { source: "gold", payload: { x: 2 } }], 2],
    ["approvals before feedback", [{ source: "feedback" }, { source: "approvals", payload: { x: 2 } }], 2],
    ["feedback before synthetic", [{ source: "synthetic" }, { source: "feedback", payload: { x: 2 } }], 2],
    [
      "synthetic before what is not known",
      [{ source: "dream" }, { source: "synthetic", payload: { x: 2 } }],
      2,
    ],
    [
      "the newest of one source",
      [{ created_at: new Date("2026-01-01") }, { created_at: "2026-01-02T00:00:00Z", payload: { x: 2 } }],
      2,
    ],
    [
      "an older source's label where the better one cannot train",
      [
        { source: "review", label: "unheard-of" },
        { source: "gold", payload: { x: 2 } },
      ],
      2,
    ],
  ])("%s", (_name, overs, expected) => {
    const examples = overs.map(example);
    for (const order of [examples, [...examples].reverse()]) {
      const rows = selectTrainingRows(agent, order);
      expect(rows.table.rows).toBe(1);
      expect(rows.table.columns[0]![0]).toBe(expected);
    }
  });

  it("counts what is left out by reason, and adds up", () => {
    const rows = selectTrainingRows(agent, [
      example({ key: "a" }),
      example({ key: "a", source: "feedback" }),
      example({ key: "a", source: "synthetic" }),
      example({ key: "b", label: "unheard-of" }),
      example({ key: "c", payload: { y: 1 } }),
      example({ key: "d", payload: null }),
      example({ key: "e", confidence: 0 }),
      example({ key: "f", label: "rejected", confidence: 40 }),
    ]);
    expect(rows.leftOut).toEqual({ no_features: 2, shadowed: 2, unmapped_label: 1, zero_confidence: 1 });
    expect(rows.labelDistribution).toEqual({ no: 1, yes: 1 });
    expect(Array.from(rows.weights!)).toEqual([1, 0.4]);
    expect(rows.examples).toBe(8);
    expect(rows.sourcesUsed).toEqual(["gold"]);
  });
});

describe("labels", () => {
  it("map by name, then as a class, then by *", () => {
    const map = createLabelMapper({ classes: ["no", "yes"], label_map: { ok: "yes", "*": "no" } });
    expect(["ok", "yes", "no", "anything", "*"].map(map)).toEqual(["yes", "yes", "no", "no", "no"]);
    expect(createLabelMapper(agent)("__proto__")).toBeUndefined();
    expect(createLabelMapper({})("as it is")).toBe("as it is");
  });

  it("are the classes, sorted, where the definition names none", () => {
    const { classes: _classes, label_map: _map, ...open } = agent;
    const rows = selectTrainingRows(open, [
      example({ key: "a", label: "zebra" }),
      example({ key: "b", label: "ant" }),
      example({ key: "c", label: "zebra" }),
    ]);
    expect(rows.classes).toEqual(["ant", "zebra"]);
    expect(Array.from(rows.labels)).toEqual([1, 0, 1]);
  });
});

describe("labels of free text", () => {
  it("are refused where they are more than classes can be", () => {
    const { classes: _classes, label_map: _map, ...open } = agent;
    const texts = Array.from({ length: 101 }, (_, at) => example({ key: `k${at}`, label: `text ${at}` }));
    expect(selectTrainingRows(open, texts.slice(1)).classes).toHaveLength(100);
    expect(() => selectTrainingRows(open, texts)).toThrow("label_map");
  });
});

describe("pages", () => {
  it("give the same rows and digest as one call, however they are cut and however columns must grow", () => {
    const examples = Array.from({ length: 200 }, (_, index) =>
      example({
        key: `k${index % 90}`,
        payload: { x: index },
        source: index % 3 === 0 ? "gold" : "feedback",
      }),
    );
    const whole = selectTrainingRows(agent, examples);
    const sorted = [...examples].sort((a, b) => compareCodePoints(a.key, b.key));
    const rows = new TrainingRows(agent, 1);
    for (let start = 0; start < sorted.length; start += 7) rows.add(sorted.slice(start, start + 7));
    const paged = rows.finish();
    expect(paged.trainingDigest).toBe(whole.trainingDigest);
    expect(paged.table.columns).toEqual(whole.table.columns);
    expect(paged.leftOut).toEqual(whole.leftOut);
    expect(whole.table.rows).toBe(90);
  });

  it("refuse keys out of order", () => {
    const rows = new TrainingRows(agent);
    rows.add([example({ key: "b" })]);
    expect(() => rows.add([example({ key: "a" })])).toThrow("ascending order");
  });
});

it("compareCodePoints orders as UTF-8 bytes do", () => {
  expect(compareCodePoints("\uffff", "\u{10000}")).toBeLessThan(0);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareCodePoints(a, b))).toBe(bytes);
    }),
  );
});
