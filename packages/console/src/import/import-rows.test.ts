import type { AgentDefinition } from "@relearn/contract";
import { expect, it } from "vitest";
import { columnProblem } from "./column-problem.ts";
import { guessMapping, previewImport } from "./import-rows.ts";
import { parseTable } from "./parse-table.ts";

const agent: AgentDefinition = {
  name: "inbox_triage",
  classes: ["safe", "quarantine"],
  label_map: { Offer: "safe" },
  features: [
    { name: "risk_score", path: "risk.score", kind: "number", default: 0 },
    { name: "has_spf_fail", path: "spf_fail", kind: "boolean", default: false },
  ],
};
const table = await parseTable(
  "mails.csv",
  new TextEncoder().encode(
    [
      "id,label,confidence,risk_score,spf_fail,comment,other",
      'm-1,safe,90,12,false,"fine, really",x',
      "m-2,Offer,,high,true,,x",
      ",quarantine,50,88,true,,x",
      "m-4,spam,101,88,1,,x",
      "m-5,,50,88,,,x",
      "m-6,safe",
    ].join("\n"),
  ),
  "utf-8",
);
const mapping = guessMapping(table, agent);

it("guesses what each column becomes", () => {
  expect(mapping).toEqual({
    id: "key",
    label: "label",
    confidence: "confidence",
    risk_score: "feature",
    spf_fail: "feature",
    comment: "note",
    other: "nothing",
  });
});

it("makes examples with the row each came from, and says why the others are none", () => {
  const preview = previewImport(table, mapping, agent, "gold");
  expect(preview.drafts).toEqual([
    {
      row: 2,
      draft: {
        agent: "inbox_triage",
        key: "m-1",
        label: "safe",
        source: "gold",
        payload: { risk: { score: 12 }, spf_fail: false },
        confidence: 90,
        notes: "fine, really",
      },
    },
    {
      row: 3,
      draft: {
        agent: "inbox_triage",
        key: "m-2",
        label: "Offer",
        source: "gold",
        payload: { risk: { score: "high" }, spf_fail: true },
      },
    },
  ]);
  expect(preview.rejected.map(({ row, reason }) => [row, reason])).toEqual([
    [7, "has 2 fields, 7 expected"],
    [4, "no key"],
    [5, "confidence 101: give a whole number from 0 to 100"],
    [6, "no label"],
  ]);
});

it.each([
  ["id", "1 row without a key: rejected"],
  ["label", "1 row without a label: rejected; spam: no class of inbox_triage, so it does not train"],
  ["confidence", "1 row not a whole number from 0 to 100: rejected"],
  ["risk_score", "1 row no number: the default, 0"],
  ["spf_fail", ""],
  ["other", ""],
])("says what is wrong with the column %s", (column, problem) => {
  expect(columnProblem(table, column, mapping[column]!, agent)).toBe(problem);
});
