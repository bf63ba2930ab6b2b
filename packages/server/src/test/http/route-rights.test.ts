import type { Role } from "@relearn/contract";
import { roles } from "@relearn/contract/values";
import { describe, expect, it } from "vitest";
import { type KeyedInstallation, keyedInstallation, MACHINE_TOKEN } from "../access/keyed-installation.ts";

/**
 * Who may use which route: written by hand, and held against every route of the OpenAPI document with a
 * request of every role. A new route needs its line here.
 *
 * Letters: v viewer, s agent, r reviewer, a approver, o operator, A admin, m a command on the machine itself;
 * `known` is any of them, `all` also who gives no key at all.
 */
const sees = "vraoAm";
const known = "vsraoAm";
const all = "all";
const whoMay: Readonly<Record<string, string>> = {
  "GET /v1/session": known,
  "POST /v1/session": all,
  "DELETE /v1/session": known,
  "POST /v1/session/acting-as": sees,
  "GET /v1/sessions": known,
  "DELETE /v1/sessions/{session_id}": known,
  "GET /v1/keys": "Am",
  "POST /v1/keys": "Am",
  "POST /v1/keys/{key_id}/revocation": "Am",

  "GET /v1/agents": sees,
  "GET /v1/agents/{agent}": sees,
  "PUT /v1/agents": "A",
  "GET /v1/settings": sees,
  "GET /v1/settings/{key}": sees,
  "PUT /v1/settings/{key}": "A",
  "DELETE /v1/settings/{key}": "A",

  "POST /v1/signals/{kind}": "soAm",
  "POST /v1/exposures": "soAm",
  "POST /v1/outcomes": "soAm",
  "GET /v1/agents/{agent}/switchboard": "soAm",

  "GET /v1/stats": sees,
  "GET /v1/stats/label-counts": sees,
  "GET /v1/examples": sees,
  "GET /v1/examples/export": sees,
  "POST /v1/examples": "oAm",
  "GET /v1/conflicts": sees,
  "POST /v1/conflicts/{id}/settle": "raoAm",
  "POST /v1/feeds/load": "oAm",
  "POST /v1/erasures": "oAm",

  "GET /v1/judges/{agent}": sees,
  "GET /v1/judges/{agent}/weights": sees,
  "GET /v1/judges/{agent}/results": sees,
  "GET /v1/judges/{agent}/methods": sees,
  "POST /v1/judges/update": "oAm",

  "GET /v1/agents/{agent}/queue-statistics": sees,
  "GET /v1/agents/{agent}/learning-curve": sees,
  "GET /v1/agents/{agent}/features": sees,
  "GET /v1/agents/{agent}/population": sees,
  "GET /v1/sampler/stats": sees,
  "POST /v1/sampler/{agent}/sample": "oAm",

  "GET /v1/review/queue": sees,
  "GET /v1/review/items": sees,
  "GET /v1/review/disputed": sees,
  "GET /v1/review/agreement/{agent}": sees,
  "POST /v1/review/requests": "raoAm",
  "POST /v1/review/claim": "raoAm",
  "POST /v1/review/undo": "raoAm",
  "GET /v1/review/items/{item}": "raoAm",
  "POST /v1/review/items/{item}/claim": "raoAm",
  "POST /v1/review/items/{item}/renew": "raoAm",
  "POST /v1/review/items/{item}/release": "raoAm",
  "POST /v1/review/items/{item}/label": "raoAm",
  "POST /v1/review/items/{item}/skip": "raoAm",
  "POST /v1/review/items/{item}/correction": "raoAm",
  "POST /v1/review/items/{item}/adjudication": "raoAm",

  "POST /v1/agents/{agent}/explanation": sees,
  "GET /v1/bundles": sees,
  "GET /v1/bundles/{bundle_id}": sees,
  "GET /v1/bundles/{bundle_id}/diff": sees,
  "POST /v1/bundles/{bundle_id}/verification": sees,
  "POST /v1/agents/{agent}/bundles": "aoAm",
  "POST /v1/bundles/{bundle_id}/adjustment": "aoAm",
  "POST /v1/bundles/{bundle_id}/proposal": "aoAm",
  "GET /v1/approvals": sees,
  "GET /v1/approvals/{approval_id}": sees,
  "POST /v1/approvals/{approval_id}/approval": "aA",
  "PUT /v1/approvals/{approval_id}/bundle": "aoAm",
  "POST /v1/approvals/{approval_id}/rejection": "aA",
  "POST /v1/approvals/{approval_id}/application": "aoAm",

  "GET /v1/rollouts": sees,
  "GET /v1/rollouts/{rollout_id}": sees,
  "POST /v1/rollouts/{rollout_id}/abort": "aoAm",
  "GET /v1/rollouts/{rollout_id}/journal": sees,
  "GET /v1/rollouts/{rollout_id}/arms": sees,
  "GET /v1/rollouts/{rollout_id}/analyses": sees,
  "GET /v1/rollouts/{rollout_id}/receipts": sees,
  "POST /v1/rollouts/{rollout_id}/replay": sees,
  "GET /v1/rollouts/overrides": sees,
  "POST /v1/rollouts/{rollout_id}/overrides/{generation}/review": "aA",
  "GET /v1/agents/{agent}/canary": sees,
  "POST /v1/agents/{agent}/canary/check": sees,
  "POST /v1/agents/{agent}/canary/analyze": "aoAm",
  "POST /v1/agents/{agent}/canary/promote": "aoAm",
  "POST /v1/agents/{agent}/canary/rollback": "aoAm",
  "POST /v1/agents/{agent}/canary/pause": "aoAm",
  "POST /v1/agents/{agent}/canary/resume": "aA",
  "PUT /v1/agents/{agent}/kill-switch": "aoAm",
  "POST /v1/agents/{agent}/bundles/rollback": "aoAm",

  "GET /v1/jobs": sees,
  "GET /v1/jobs/runs": sees,
  "POST /v1/jobs/{job}/run": "oAm",
  "POST /v1/jobs/{job}/pause": "oAm",
  "POST /v1/jobs/{job}/resume": "oAm",
  "GET /v1/notifications": sees,
  "GET /v1/notifications/endpoints": sees,
  "PUT /v1/notifications/endpoints/{name}": "A",
  "DELETE /v1/notifications/endpoints/{name}": "A",
  "POST /v1/notifications/endpoints/{name}/test": "A",
  "GET /v1/status": sees,
  "GET /v1/doctor": sees,
  "GET /v1/audit": sees,
  "GET /v1/audit/export": sees,
  "GET /v1/changes": sees,
  "GET /v1/audit/verification": sees,
};

const letters: Readonly<Record<Role, string>> = {
  viewer: "v",
  agent: "s",
  reviewer: "r",
  approver: "a",
  operator: "o",
  admin: "A",
};
const machine = "m";

interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly "x-relearn-right"?: string }>>>>;
}

async function listRoutes({ call, keys }: KeyedInstallation): Promise<Map<string, string | undefined>> {
  const { body } = await call("GET", "/openapi.json", { key: keys.viewer });
  const { paths } = body as unknown as OpenApiDocument;
  return new Map(
    Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => [
        `${method.toUpperCase()} ${path}`,
        operation["x-relearn-right"],
      ]),
    ),
  );
}

/** A request to the route that passes its right and no further: nothing has the ids, nothing takes the body. */
function toAddress(route: string): { method: string; path: string } {
  const [method = "", template = ""] = route.split(" ");
  return { method, path: template.replaceAll(/\{[^}]+\}/g, "7") };
}

describe("every route", () => {
  it("states its right, and has its line in the table", async () => {
    const routes = await listRoutes(await keyedInstallation());
    expect([...routes].filter(([, right]) => right === undefined)).toEqual([]);
    expect([...routes.keys()].sort()).toEqual(Object.keys(whoMay).sort());
  });

  it("lets in whom the table says, of every role, and nobody else", async () => {
    const installation = await keyedInstallation();
    const { call, keys } = installation;
    const callers: readonly (readonly [letter: string, key: string | undefined])[] = [
      ...roles.map((role) => [letters[role], keys[role]] as const),
      [machine, MACHINE_TOKEN],
      ["nobody", undefined],
    ];
    const found: Record<string, string> = {};
    for (const [route, right] of await listRoutes(installation)) {
      const { method, path } = toAddress(route);
      let may = "";
      for (const [letter, key] of callers) {
        const answer = await call(method, path, {
          ...(key === undefined ? {} : { key }),
          ...(method === "GET" ? {} : { body: {} }),
        });
        const { code, details } = answer.body;
        const refused = answer.status === 401 || (answer.status === 403 && details?.["right"] !== undefined);
        if (!refused) may += letter === "nobody" ? " and nobody" : letter;
        else if (letter === "nobody")
          expect([route, answer.status, code]).toEqual([route, 401, "unauthenticated"]);
        else expect([route, letter, code, details?.["right"]]).toEqual([route, letter, "forbidden", right]);
        expect([route, letter, answer.status < 500]).toEqual([route, letter, true]);
      }
      found[route] = inOrder(may);
    }
    expect(found).toEqual(
      Object.fromEntries(
        Object.entries(whoMay).map(([route, may]) => [route, may === all ? `${known} and nobody` : may]),
      ),
    );
  });

  it("asks for a key at addresses that there are not, too", async () => {
    const { call, keys } = await keyedInstallation();
    for (const path of [
      "/v1/nothing",
      "/v1",
      "/openapi.json",
      "/v1/session/x",
      "/v1//session",
      "/v1/agents/../keys",
    ]) {
      expect([path, (await call("POST", path, { body: {} })).status]).toEqual([path, 401]);
    }
    expect((await call("GET", "/v1/nothing", { key: keys.admin })).status).toBe(404);
    expect((await call("GET", "/healthz")).status).toBe(200);
  });
});

function inOrder(may: string): string {
  return may.replace(/^[a-zA-Z]+/, (found) => [...known].filter((letter) => found.includes(letter)).join(""));
}
