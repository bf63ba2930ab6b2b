import { describe, expect, it } from "vitest";
import { type ApiChange, compareOpenApi } from "./compare-openapi.ts";

type Json = Readonly<Record<string, unknown>>;

const json = (schema: Json) => ({ content: { "application/json": { schema } } });

const api = (change: { sent?: Json; answered?: Json; operation?: Json; paths?: Json } = {}): Json => ({
  paths: {
    "/v1/things": {
      post: {
        "x-relearn-right": "read",
        parameters: [{ name: "limit", in: "query", schema: { type: "integer", maximum: 100 } }],
        requestBody: json(change.sent ?? sent),
        responses: { 200: json(change.answered ?? { $ref: "#/components/schemas/Thing" }) },
        ...change.operation,
      },
    },
    ...change.paths,
  },
  components: { schemas: { Thing: answered } },
});

const sent = {
  type: "object",
  properties: { name: { type: "string", maxLength: 10 }, kind: { enum: ["a", "b"] } },
  required: ["name"],
  additionalProperties: false,
};
const answered = {
  type: "object",
  properties: {
    id: { type: "integer" },
    label: { type: ["string", "null"] },
    state: { type: "string", enum: ["open", "closed"] },
    parent: { $ref: "#/components/schemas/Thing" },
  },
  required: ["id"],
};
const withMember = (schema: typeof sent | typeof answered, name: string, member: Json) => ({
  ...schema,
  properties: { ...schema.properties, [name]: member },
});

const kinds = (changes: readonly ApiChange[]) => changes.map(({ kind, at }) => `${kind} ${at}`);

describe("changes between two OpenAPI documents", () => {
  it("are none between a document and itself, also where a schema names itself", () => {
    expect(compareOpenApi(api(), api())).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ["a new operation", api({ paths: { "/v1/more": { get: { responses: {} } } } }), "GET /v1/more"],
    [
      "a member that may be sent",
      api({ sent: withMember(sent, "note", { type: "string" }) }),
      "POST /v1/things request.note",
    ],
    [
      "a word that may be sent",
      api({ sent: withMember(sent, "kind", { enum: ["a", "b", "c"] }) }),
      "POST /v1/things request.kind",
    ],
    [
      "a longer text",
      api({ sent: withMember(sent, "name", { type: "string", maxLength: 20 }) }),
      "POST /v1/things request.name",
    ],
    [
      "a member that may be left out",
      api({ sent: { ...sent, required: [] } }),
      "POST /v1/things request.name",
    ],
    [
      "a member of an answer",
      api({ answered: withMember(answered, "more", { type: "string" }) }),
      "POST /v1/things 200.more",
    ],
    [
      "a word of an answer",
      api({ answered: withMember(answered, "state", { type: "string", enum: ["open", "closed", "lost"] }) }),
      "POST /v1/things 200.state",
    ],
    [
      "an answer that is never null",
      api({ answered: withMember(answered, "label", { type: "string" }) }),
      "POST /v1/things 200.label",
    ],
  ])("are additive: %s", (_name, after, at) => {
    expect(kinds(compareOpenApi(api(), after))).toEqual([`additive ${at}`]);
  });

  it.each<[string, Json, string]>([
    ["an operation that is gone", { paths: {} }, "POST /v1/things"],
    ["another right", api({ operation: { "x-relearn-right": "operate" } }), "POST /v1/things"],
    ["a parameter that is refused", api({ operation: { parameters: [] } }), "POST /v1/things query limit"],
    [
      "a smaller bound",
      api({
        operation: {
          parameters: [{ name: "limit", in: "query", schema: { type: "integer", maximum: 50 } }],
        },
      }),
      "POST /v1/things query limit",
    ],
    [
      "a member that must be sent",
      api({ sent: { ...withMember(sent, "note", { type: "string" }), required: ["name", "note"] } }),
      "POST /v1/things request.note",
    ],
    [
      "a member that is refused",
      api({ sent: { ...sent, properties: { name: sent.properties.name } } }),
      "POST /v1/things request.kind",
    ],
    [
      "a word that is refused",
      api({ sent: withMember(sent, "kind", { enum: ["a"] }) }),
      "POST /v1/things request.kind",
    ],
    [
      "a member of an answer that is gone",
      api({
        answered: {
          ...answered,
          properties: {
            id: answered.properties.id,
            label: answered.properties.label,
            state: answered.properties.state,
          },
        },
      }),
      "POST /v1/things 200.parent",
    ],
    [
      "a member of an answer that may be missing",
      api({ answered: { ...answered, required: [] } }),
      "POST /v1/things 200.id",
    ],
    [
      "an answer that may be null",
      api({ answered: withMember(answered, "id", { anyOf: [{ type: "integer" }, { type: "null" }] }) }),
      "POST /v1/things 200.id",
    ],
    [
      "an answer of another type",
      api({ answered: withMember(answered, "state", { type: "integer", enum: ["open", "closed"] }) }),
      "POST /v1/things 200.state",
    ],
  ])("are breaking: %s", (_name, after, at) => {
    expect(kinds(compareOpenApi(api(), after)).filter((one) => one.startsWith("breaking"))).toEqual([
      `breaking ${at}`,
    ]);
  });
});
