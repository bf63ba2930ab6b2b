import { readFileSync } from "node:fs";
import { signalKinds } from "@relearn/contract/values";
import { describe, expect, it } from "vitest";
import { compareOpenApi } from "./compare-openapi.ts";
import { OPENAPI_FILE, openApiText } from "./write-openapi.ts";

type Json = Record<string, unknown>;
interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Json; example?: unknown }> };
  responses: Record<string, { $ref?: string; headers?: Json }>;
}

const text = await openApiText();
const document = JSON.parse(text) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; responses: Record<string, { headers: Json }> };
};

describe("docs/openapi.json", () => {
  it("is the contract as it stands; `npm run openapi` writes it", () => {
    // Not `toBe`, because a list of changes is easier to read than a diff of half a megabyte.
    const committed = readFileSync(OPENAPI_FILE, "utf8");
    expect(compareOpenApi(JSON.parse(committed), JSON.parse(text))).toEqual([]);
    expect(committed === text).toBe(true);
  });

  it("names the headers of answers", () => {
    const switchboard = document.paths["/v1/agents/{agent}/switchboard"]!["get"]!;
    expect(switchboard.parameters?.map((one) => `${one.in} ${one.name}`)).toContain("header if-none-match");
    for (const status of ["200", "304"]) {
      const names = Object.keys(switchboard.responses[status]?.headers ?? {});
      expect(names).toEqual(["etag", "x-request-id", "ratelimit-policy", "ratelimit"]);
    }
    const propose = document.paths["/v1/bundles/{bundle_id}/proposal"]!["post"]!;
    expect(Object.keys(propose.responses["200"]?.headers ?? {})).toContain("idempotent-replayed");
    expect(Object.keys(document.components.responses["TooMany"]!.headers)).toContain("retry-after");
    expect(Object.keys(document.components.responses["Unauthenticated"]!.headers)).toContain(
      "www-authenticate",
    );
  });

  it("has a schema for each kind of signal, and an example for each JSON body", () => {
    for (const kind of signalKinds) {
      const name = `Signal${kind[0]?.toUpperCase()}${kind.slice(1)}`;
      expect(document.components.schemas[name], kind).toMatchObject({
        type: "object",
        examples: [{ agent: "inbox_triage" }],
      });
    }
    const bodies = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { requestBody }]) => {
        const json = requestBody?.content["application/json"];
        return json === undefined ? [] : [{ at: `${method} ${path}`, json }];
      }),
    );
    expect(bodies.length).toBeGreaterThan(40);
    expect(bodies.filter(({ json }) => json.example === undefined).map(({ at }) => at)).toEqual([]);
  });
});
