/** Completes the OpenAPI document that the routes make: schemas of the documents, errors, headers, examples. */
import { z } from "zod";
import { type ErrorCode, type ErrorKind, errorKinds } from "../errors.ts";
import { exampleDraftSchema } from "../labeled-examples/labeled-example.ts";
import { signalSchemas } from "../signals/signal.ts";
import { documentSchemas } from "./document-schemas.ts";
import { statusOf, titles } from "./problem.ts";

type Json = { [name: string]: unknown };

interface Operation extends Json {
  summary?: string;
  parameters?: Json[];
  requestBody?: Json;
  responses: Record<string, Json>;
}

export interface OpenApiDocument extends Json {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; [part: string]: unknown };
}

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** The document with everything that holds for many routes at once. Changes what it is given. */
export function completeDocument(document: OpenApiDocument): OpenApiDocument {
  Object.assign(document.components.schemas, schemasOfDocuments());
  document.components["responses"] = problemResponses();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) complete(path, method, operation);
  }
  return document;
}

/** One schema a document, and one a kind of record as it is sent. */
function schemasOfDocuments(): Record<string, Json> {
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(documentSchemas)) registry.add(schema, { id: name });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: "any",
  });
  // As they are sent: what has a default may be left out.
  const records = Object.fromEntries(
    Object.entries(recordSchemas()).map(([name, schema]) => [
      name,
      z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
    ]),
  );
  const named: Record<string, Json> = {};
  for (const [name, schema] of Object.entries({ ...schemas, ...records })) {
    const { $schema: _dialect, $id: _address, ...rest } = schema as Json;
    named[name] = rest;
  }
  return named;
}

/** Name in the document to schema, of each record that a batch can hold. */
function recordSchemas(): Readonly<Record<string, z.ZodType>> {
  const signals = Object.entries(signalSchemas).map(([kind, schema]) => [signalSchemaName(kind), schema]);
  return { ...Object.fromEntries(signals), [EXAMPLE_RECORD]: exampleDraftSchema };
}

const EXAMPLE_RECORD = "LabeledExampleRecord";

/** `gold` → `SignalGold`. */
const signalSchemaName = (kind: string): string => `Signal${kind[0]?.toUpperCase()}${kind.slice(1)}`;

const responseNames: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthenticated",
  403: "Forbidden",
  404: "NotFound",
  408: "RequestStalled",
  409: "Conflict",
  413: "TooLarge",
  415: "UnsupportedMediaType",
  422: "KeyReused",
  429: "TooMany",
  500: "Defect",
  503: "Unavailable",
};

function problemResponses(): Record<string, Json> {
  const codes = Object.keys(errorKinds) as ErrorCode[];
  return Object.fromEntries(
    Object.entries(responseNames).map(([status, name]) => {
      const of = codes.filter((code) => statusOf(code) === Number(status));
      return [
        name,
        {
          description: `A problem document with one of the codes ${of.join(", ")}`,
          content: { "application/problem+json": { schema: reference("Problem") } },
        },
      ];
    }),
  );
}

function complete(path: string, method: string, operation: Operation): void {
  operation["operationId"] = operationId(path, method);
  operation["tags"] = [tagOf(path)];
  const statuses = [400, 401, 403, 404, 429, 500, 503];
  if (method !== "get") statuses.push(408, 409, 413, 415);
  if (method === "post") statuses.push(422);
  for (const status of statuses) {
    operation.responses[String(status)] ??= { $ref: `#/components/responses/${responseNames[status]}` };
  }
  for (const parameter of operation.parameters ?? []) {
    if (parameter["in"] === "path") parameter["example"] ??= exampleOf(String(parameter["name"]));
  }
  if (method === "post" && operation["x-relearn-once"] !== "refused") {
    operation.parameters ??= [];
    operation.parameters.push({
      name: "Idempotency-Key",
      in: "header",
      required: false,
      schema: { type: "string", minLength: 1, maxLength: 255 },
      description:
        "The same request with the same key is carried out once, and answered the same for 24 hours",
      example: "6b1f7c1e-0d1c-4f4e-9b5e-0c9d2f8f3a11",
    });
  }
  if (operation["x-relearn-batch"] === true) operation.requestBody = batchBody(path);
}

/** A batch is a list or lines of one kind of record. */
function batchBody(path: string): Json {
  const kinds = Object.keys(signalSchemas);
  const own = kinds.find((kind) => path === `/v1/${kind}`);
  const record =
    path === "/v1/examples"
      ? reference(EXAMPLE_RECORD)
      : own === undefined
        ? { anyOf: kinds.map((kind) => reference(signalSchemaName(kind))) }
        : reference(signalSchemaName(own));
  return {
    required: true,
    description: "At most 10,000 records and 32 MB unpacked; plain or with content-encoding: gzip",
    content: {
      "application/json": { schema: { type: "array", items: record, maxItems: 10_000 } },
      "application/x-ndjson": {
        schema: { type: "string", description: "One record a line, each as in application/json" },
      },
    },
  };
}

/** `get /v1/agents/{agent}/canary` → `getAgentsByAgentCanary`. */
function operationId(path: string, method: string): string {
  const words = path
    .replace("/v1/", "")
    .split("/")
    .map((part) => (part.startsWith("{") ? `by-${part.slice(1, -1)}` : part))
    .join("-")
    .split(/[-_]/);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

const tagOf = (path: string): string => path.split("/")[2] ?? "";

const examples: Readonly<Record<string, unknown>> = {
  agent: "inbox_triage",
  kind: "gold",
  bundle_id: "b_0123456789ab",
  job: "load_labeled_data",
  key: "time_zone",
  item: 17,
  id: 17,
  generation: 3,
};

const exampleOf = (name: string): unknown => examples[name] ?? `${name.replace(/_id$/, "")}_0123456789ab`;

/** Every code with its status and whose turn it is. */
export function problemCodes(): { code: string; status: number; kind: ErrorKind; title: string }[] {
  return Object.entries(errorKinds).map(([code, kind]) => ({
    code,
    status: statusOf(code as ErrorCode),
    kind,
    title: titles[kind],
  }));
}
