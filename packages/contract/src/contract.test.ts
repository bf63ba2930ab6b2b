import type * as client from "@relearn/client";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { configCases, type DocumentCase, modelCases, outcomeCases, unitCases } from "./documents.fixture.ts";
import * as contract from "./index.ts";

const named = Object.values<unknown>(contract).flatMap((one) => {
  if (!(one instanceof z.ZodType)) return [];
  const { id, examples = [] } = one.meta() ?? {};
  return id === undefined ? [] : [{ id, schema: one, examples: examples as readonly unknown[] }];
});

describe("the schemas of the contract", () => {
  it("have names of their own", () => {
    const names = named.map(({ id }) => id);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it("of everything that is sent have an example", () => {
    const sent = named.filter(({ id }) => /Request$|^Signal[A-Z]|Record$|^AgentDefinition$/.test(id));
    expect(sent.length).toBeGreaterThan(40);
    expect(sent.filter(({ examples }) => examples.length === 0).map(({ id }) => id)).toEqual([]);
  });

  it.each(named.filter(({ examples }) => examples.length > 0))("take the examples of $id", (one) => {
    for (const example of one.examples) {
      expect(one.schema.safeParse(example).error?.issues ?? []).toEqual([]);
    }
  });
});

describe("the rollout policy", () => {
  it("takes the default, and members of it in place of the default ones", () => {
    expect(contract.rolloutPolicySchema.parse(contract.defaultRolloutPolicy)).toEqual(
      contract.defaultRolloutPolicy,
    );
    expect(contract.rolloutPolicyOverridesSchema.parse({ alpha: 0.1 })).toEqual({ alpha: 0.1 });
  });

  it.each([
    [{ alpha: Number.NaN }],
    [{ stages: [10, 50] }],
    [{ stages: [50, 10, 100] }],
    [{ stages: [0, 100] }],
    [{ quorum: 0 }],
    [{ unknown: 1 }],
  ])("refuses %j", (overrides) => {
    expect(contract.rolloutPolicyOverridesSchema.safeParse(overrides).success).toBe(false);
  });
});

describe.each<[string, z.ZodType, readonly DocumentCase[]]>([
  ["outcomes", contract.outcomeSchema, outcomeCases],
  ["units", contract.keySchema, unitCases],
  ["models", contract.modelSchema, modelCases],
  ["configs", contract.switchboardConfigSchema, configCases],
])("the table of %s", (_name, schema, cases) => {
  it.each(cases)("$name: accepted $accepted", ({ document, accepted }) => {
    expect(schema.safeParse(document).success).toBe(accepted);
  });
});

/** Compiles if both types are the same. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

it("has the documents that the client describes for itself", () => {
  const bundle: Same<contract.BundleDocument, client.BundleDocument> = true;
  const model: Same<contract.ModelDocument, client.ModelDocument> = true;
  // The client also takes `undefined` for what an option leaves out.
  const config: [contract.SwitchboardConfig] extends [client.SwitchboardConfig] ? true : false = true;
  const explanation: Same<contract.PayloadExplanation, client.PayloadExplanation> = true;
  const exposure: [client.ExposureDocument] extends [contract.SentSignals["exposures"]] ? true : false = true;
  const outcome: [client.OutcomeDocument] extends [contract.SentSignals["outcomes"]] ? true : false = true;
  expect([bundle, model, config, explanation, exposure, outcome]).not.toContain(false);
});
