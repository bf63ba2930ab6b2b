import { assignArm } from "@relearn/client";
import * as contract from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { OpenApiDocument } from "../../api/openapi-document.ts";
import { seededRandom } from "../../numerics/random.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, addExamples, approvedBundle, hourOfTraffic } from "../traffic.ts";

const fetchDocument = async ({ fetch }: TestInstallation): Promise<OpenApiDocument> =>
  (await (await fetch("/openapi.json")).json()) as OpenApiDocument;

/** The contract's schema of a document. */
function schemaNamed(name: string): z.ZodType {
  const schema = contractSchemas.find((one) => one.meta()?.["id"] === name);
  if (schema === undefined) throw new Error(`The contract has no schema ${name}.`);
  return schema;
}

const contractSchemas = Object.values<unknown>(contract).filter((one) => one instanceof z.ZodType);

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === "$ref" && typeof member === "string") yield member;
    else yield* referencesIn(member);
  }
}

function resolve(document: OpenApiDocument, pointer: string): unknown {
  return pointer
    .slice(2)
    .split("/")
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
}

describe("the OpenAPI document", () => {
  it("is whole: each operation has its right, its parameters, its errors and a name of its own", async () => {
    const document = await fetchDocument(await testInstallation());
    expect(document["openapi"]).toBe("3.1.0");
    const names: unknown[] = [];
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const at = `${method} ${path}`;
        names.push(operation["operationId"]);
        expect(operation["x-relearn-right"], at).toEqual(expect.any(String));
        expect(operation.summary, at).toMatch(/\S/);
        const declared = (operation.parameters ?? []).filter((one) => one["in"] === "path");
        const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
        expect(declared.map((one) => one["name"]).sort(), at).toEqual(inPath.sort());
        for (const one of declared)
          expect([one["required"], one["example"] !== undefined], at).toEqual([true, true]);
        expect(Object.keys(operation.responses), at).toEqual(
          expect.arrayContaining(["200", "400", "401", "403", "429", "500"]),
        );
        if (method === "post" || method === "put")
          expect(Object.keys(operation.responses), at).toEqual(expect.arrayContaining(["413", "415"]));
      }
    }
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(60);
    const unresolved = [...referencesIn(document)].filter(
      (pointer) => resolve(document, pointer) === undefined,
    );
    expect(unresolved).toEqual([]);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(["Rollout", "RolloutPolicy", "SwitchboardConfig", "SignalOutcomes"]),
    );
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect(schema, `${name} says what it holds`).not.toEqual({ type: "object" });
    }
  });

  it("describes each kind of signal as it is sent", async () => {
    const { components } = await fetchDocument(await testInstallation());
    expect(components.schemas["SignalOutcomes"]).toMatchObject({
      type: "object",
      additionalProperties: false,
      required: ["unit_id", "agent", "at"],
      properties: { quality: { type: "number", minimum: 0, maximum: 1 } },
    });
    expect(components.schemas["SignalExposures"]).toMatchObject({
      properties: { arm: { enum: ["active", "canary", "holdback"] } },
    });
  });

  it("is also a page that loads nothing from elsewhere and lists every operation and code", async () => {
    const relearn = await testInstallation();
    const document = await fetchDocument(relearn);
    const page = await relearn.fetch("/docs");
    const html = await page.text();
    expect(page.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'nonce-/,
    );
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    for (const path of Object.keys(document.paths)) expect(html).toContain(`<code>${path}</code>`);
    expect(html).toContain('id="problem-idempotency_key_reused"');
    expect((await relearn.fetch("/docs/search.js")).headers.get("content-type")).toContain("javascript");
  });
});

it("says of documents what the running service answers", async () => {
  const relearn = await testInstallation();
  const checked: string[] = [];
  const check = async (name: string, path: string, pick: (body: never) => unknown, init?: RequestInit) => {
    const answer = await relearn.fetch(path, init);
    const body = (await answer.json()) as never;
    const one = pick(body);
    expect(one, `${name} of ${path}: ${JSON.stringify(body).slice(0, 300)}`).toBeDefined();
    const result = schemaNamed(name).safeParse(one);
    expect(result.error?.issues ?? [], `${name} of ${path}`).toEqual([]);
    checked.push(name);
  };
  const post = (body: unknown, person = "ana", type = "application/json"): RequestInit => ({
    method: "POST",
    headers: { "content-type": type, "relearn-actor": person },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const whole = (body: unknown) => body;
  await check("Problem", "/v1/bundles/none", whole);
  await check("SwitchboardConfig", "/v1/agents/inbox_triage/switchboard", whole);
  await activeBundle(relearn);
  await addExamples(relearn, 90, 7);
  await check("CreatedBundle", "/v1/agents/inbox_triage/bundles", whole, post({}));
  await check("CreatedBundle", "/v1/agents/inbox_triage/bundles", whole, post({ model_type: "tree" }));
  await check("Bundle", "/v1/bundles", (body: { bundles: unknown[] }) => body.bundles[0]);
  const { approvalId, bundleId } = await approvedBundle(relearn, 3);
  await check("BundleDiff", `/v1/bundles/${bundleId}/diff`, whole);
  await check("BundleVerification", `/v1/bundles/${bundleId}/verification`, whole, post({}));
  await check("Approval", `/v1/approvals/${approvalId}`, whole);
  await check(
    "AppliedApproval",
    `/v1/approvals/${approvalId}/application`,
    whole,
    post({ canary_percent: 50 }, "ben"),
  );
  await check("SwitchboardConfig", "/v1/agents/inbox_triage/switchboard", whole);
  const { salt, rollout_id } = await relearn.rollouts.release("inbox_triage");
  const arm = assignArm({ salt, canaryBasisPoints: 5000, holdbackBasisPoints: 0 }, "unit-1");
  const at = relearn.clock.now().toISOString();
  const exposure = {
    rollout_id,
    unit_id: "unit-1",
    agent: "inbox_triage",
    arm,
    basis_points: 5000,
    generation: 1,
    at,
  };
  await check(
    "IngestReport",
    "/v1/exposures",
    whole,
    post(`${JSON.stringify(exposure)}\n{}\n`, "ana", "application/x-ndjson"),
  );
  const arms = { active: { quality: 0.9, latencyMs: 100 }, canary: { quality: 0.9, latencyMs: 100 } };
  await hourOfTraffic(relearn, 200, arms, seededRandom(5));
  await hourOfTraffic(relearn, 10, arms, seededRandom(6));
  await check("Verdict", "/v1/agents/inbox_triage/canary/check", whole, post({}));
  await check("AnalysisResult", "/v1/agents/inbox_triage/canary/analyze", whole, post({}));
  await check("CanaryStatus", "/v1/agents/inbox_triage/canary", whole);
  await check(
    "Analysis",
    `/v1/rollouts/${rollout_id}/analyses`,
    (body: { analyses: unknown[] }) => body.analyses[0],
  );
  await check("Rollout", `/v1/rollouts/${rollout_id}`, whole);
  await check(
    "MoveResult",
    "/v1/agents/inbox_triage/canary/rollback",
    whole,
    post({ reason: "Try." }, "ben"),
  );
  await check(
    "RestoredBundle",
    "/v1/agents/inbox_triage/bundles/rollback",
    (body: { code?: string }) =>
      body.code === undefined
        ? body
        : { agent: "inbox_triage", active_bundle_id: null, replaced_bundle_id: null },
    post({ reason: "Try." }, "ben"),
  );
  await check("Release", "/v1/agents/inbox_triage/kill-switch", whole, {
    ...post({ on: true, reason: "Try." }, "ben"),
    method: "PUT",
  });
  const draft = { agent: "inbox_triage", key: "k", payload: { risk_score: 1 }, label: "safe" };
  await check("AddReport", "/v1/examples", whole, post([draft, { ...draft, label: "quarantine" }, {}]));
  await check("LabeledExample", "/v1/examples?limit=1", (body: { examples: unknown[] }) => body.examples[0]);
  await check("LabelConflict", "/v1/conflicts", (body: { conflicts: unknown[] }) => body.conflicts[0]);
  await check("LabelStats", "/v1/stats", whole);
  await check("AuditEvent", "/v1/audit?limit=1", (body: { events: unknown[] }) => body.events[0]);
  expect(new Set(checked).size).toBeGreaterThan(20);
});
