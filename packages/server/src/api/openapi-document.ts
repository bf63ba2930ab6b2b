/** Completes the OpenAPI document that the routes make: schemas of the contract, errors, headers, examples. */
import { exampleDraftSchema, signalKinds, signalSchemas } from "@relearn/contract";
import { z } from "zod";
import { type ErrorCode, type ErrorKind, errorKinds } from "../errors.ts";
import { titles, toProblemStatus } from "../http/problem.ts";
import { describedBodies } from "../http/router.ts";

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

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const header = (name: string) => ({ $ref: `#/components/headers/${name}` });

/** A route as it was declared, with the contract's schemas in its body and answers. */
export interface DeclaredRoute {
  readonly path: string;
  readonly method: string;
  readonly request?: { readonly body?: { readonly content?: object } };
  readonly responses: { readonly [status: string]: { readonly content?: object } };
}

/** The document with everything that holds for many routes at once. Changes what it is given. */
export function completeDocument(
  document: OpenApiDocument,
  routes: readonly DeclaredRoute[],
): OpenApiDocument {
  document.components.schemas = describeContract();
  document.components["headers"] = headers;
  document.components["responses"] = problemResponses();
  for (const route of routes) describeRoute(document.paths[route.path]![route.method]!, route);
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) complete(path, method, operation);
  }
  return document;
}

/** Every schema of the contract that has a name, as what is sent and read: a default may be left out. */
function describeContract(): Record<string, Json> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { ...options, uri: (id) => reference(id)["$ref"] });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _address, ...schema }]) => [name, schema]),
  );
}

const options = {
  io: "input",
  unrepresentable: "any",
  // Zod leaves them out of what has a transform within, as a time has; what is sent looks as what is read.
  override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: Json }) {
    const examples = z.globalRegistry.get(zodSchema)?.examples;
    if (examples !== undefined) jsonSchema["examples"] = examples;
  },
} as const;

/** The examples that the contract gives of a document. */
const listExamples = (schema: z.ZodType): readonly unknown[] =>
  (schema.meta()?.examples ?? []) as readonly unknown[];

/** Puts the contract's own schemas into an operation, by reference where they have a name. */
function describeRoute(operation: Operation, { request, responses }: DeclaredRoute): void {
  const body = request?.body?.content;
  if (body !== undefined) describeContent(operation.requestBody?.["content"], body);
  for (const [status, { content }] of Object.entries(responses)) {
    if (content !== undefined) describeContent(operation.responses[status]?.["content"], content);
  }
}

function describeContent(target: unknown, content: object): void {
  for (const [type, { schema }] of Object.entries(content)) {
    if (!(schema instanceof z.ZodType)) continue;
    const media = (target as Record<string, Json>)[type]!;
    media["schema"] = describe(schema);
    const [example] = listExamples(describedBodies.get(schema) ?? schema);
    if (example !== undefined) media["example"] = example;
  }
}

function describe(schema: z.ZodType): Json {
  const described = describedBodies.get(schema) ?? schema;
  const { $schema: _dialect, $defs: _named, ...rest } = z.toJSONSchema(described, options);
  const pointed = JSON.stringify(rest).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(pointed) as Json;
}

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

const text = { type: "string" };

/** Headers of answers, by their names. */
const headers: Readonly<Record<string, Json>> = {
  "x-request-id": {
    description: "Names the request in the log: the caller's own id, or a random one",
    schema: text,
  },
  "ratelimit-policy": {
    description: "How many requests a caller may make, and in how many seconds they come back",
    schema: text,
    example: '"principal";q=2000;w=10',
  },
  ratelimit: {
    description: "Requests left, and seconds until all are back",
    schema: text,
    example: '"principal";r=1999;t=1',
  },
  "retry-after": {
    description: "Seconds to wait before the request is made again",
    schema: { type: "integer" },
  },
  "idempotent-replayed": {
    description: "`true`: the answer of an earlier request with the same Idempotency-Key",
    schema: { type: "string", enum: ["true"] },
  },
  "www-authenticate": { description: "How to authenticate", schema: text },
  etag: { description: "Names this version of the document; send it as If-None-Match", schema: text },
  "content-disposition": { description: "Name of the file", schema: text },
};

/** Headers that every answer with a status may have. */
function getHeaders(status: number): Json {
  const names = ["x-request-id"];
  if (status !== 401) names.push("ratelimit-policy", "ratelimit");
  if ([409, 429, 503].includes(status)) names.push("retry-after");
  if (status === 401) names.push("www-authenticate");
  return Object.fromEntries(names.map((name) => [name, header(name)]));
}

function problemResponses(): Record<string, Json> {
  const codes = Object.keys(errorKinds) as ErrorCode[];
  return Object.fromEntries(
    Object.entries(responseNames).map(([status, name]) => {
      const of = codes.filter((code) => toProblemStatus(code) === Number(status));
      return [
        name,
        {
          description: `A problem document with one of the codes ${of.join(", ")}`,
          headers: getHeaders(Number(status)),
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
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!("$ref" in response))
      response["headers"] = describeHeaders(Number(status), method, operation, response);
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

/** Headers of an answer that is no problem: those of the route, and those of every answer. */
function describeHeaders(status: number, method: string, operation: Operation, response: Json): Json {
  const own = (response["headers"] ?? {}) as Json;
  const isFile = Object.keys((response["content"] ?? {}) as Json).includes("text/csv");
  const isKept = method === "post" && operation["x-relearn-once"] !== "refused";
  return {
    ...Object.fromEntries(Object.keys(own).map((name) => [name, header(name)])),
    ...(isFile ? { "content-disposition": header("content-disposition") } : {}),
    ...(isKept ? { "idempotent-replayed": header("idempotent-replayed") } : {}),
    ...getHeaders(status),
  };
}

/** A labeled example as it is imported. */
const EXAMPLE_RECORD = "LabeledExampleRecord";

/** `gold` → `SignalGold`. */
const signalSchemaName = (kind: string): string => `Signal${kind[0]?.toUpperCase()}${kind.slice(1)}`;

/** A batch is a list or lines of one kind of record. */
function batchBody(path: string): Json {
  const own = signalKinds.find((kind) => path === `/v1/${kind}`);
  const record =
    path === "/v1/examples"
      ? reference(EXAMPLE_RECORD)
      : own === undefined
        ? { anyOf: signalKinds.map((kind) => reference(signalSchemaName(kind))) }
        : reference(signalSchemaName(own));
  return {
    required: true,
    description: "At most 10,000 records and 32 MB unpacked; plain or with content-encoding: gzip",
    content: {
      "application/json": {
        schema: { type: "array", items: record, maxItems: 10_000 },
        example: exampleOfBatch(path),
      },
      "application/x-ndjson": {
        schema: { type: "string", description: "One record a line, each as in application/json" },
      },
    },
  };
}

/** A list of one record of the route's kind; of a golden task, if the address names the kind. */
function exampleOfBatch(path: string): readonly unknown[] {
  const kind = signalKinds.find((one) => path === `/v1/${one}`) ?? "gold";
  const schema: z.ZodType = path === "/v1/examples" ? exampleDraftSchema : signalSchemas[kind];
  return listExamples(schema);
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
    status: toProblemStatus(code as ErrorCode),
    kind,
    title: titles[kind],
  }));
}
