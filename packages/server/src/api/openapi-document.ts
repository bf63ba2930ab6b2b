/** Completes the OpenAPI document of the routes with the schemas of the contract, errors, headers and examples. */
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

/** Route as declared, with the contract's schemas in its body and responses. */
export interface DeclaredRoute {
  readonly path: string;
  readonly method: string;
  readonly request?: { readonly body?: { readonly content?: object } };
  readonly responses: { readonly [status: string]: { readonly content?: object } };
}

/** Adds what the routes have in common to the document. Modifies `document` and returns it. */
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

/** Returns the named schemas of the contract as input schemas: members with a default are optional. */
function describeContract(): Record<string, Json> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { ...options, uri: (id) => reference(id)["$ref"] });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _address, ...schema }]) => [name, schema]),
  );
}

const options = {
  io: "input",
  unrepresentable: "any",
  // Zod omits the examples of a schema that contains a transform, such as a time.
  override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: Json }) {
    const examples = z.globalRegistry.get(zodSchema)?.examples;
    if (examples !== undefined) jsonSchema["examples"] = examples;
  },
} as const;

/** Returns the examples that the contract gives for a schema. */
const listExamples = (schema: z.ZodType): readonly unknown[] =>
  (schema.meta()?.examples ?? []) as readonly unknown[];

/** Adds the contract's schemas to an operation, by reference if they have a name. */
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

/** Response headers by name. */
const headers: Readonly<Record<string, Json>> = {
  "x-request-id": {
    description: "Id of the request in the log: the one that the caller sent, or a random one",
    schema: text,
  },
  "ratelimit-policy": {
    description: "Quota of requests of the caller, and the window in seconds",
    schema: text,
    example: '"principal";q=2000;w=10',
  },
  ratelimit: {
    description: "Remaining requests, and seconds until the quota is restored",
    schema: text,
    example: '"principal";r=1999;t=1',
  },
  "retry-after": {
    description: "Seconds to wait before sending the request again",
    schema: { type: "integer" },
  },
  "idempotent-replayed": {
    description: "`true`: the response of an earlier request with the same Idempotency-Key",
    schema: { type: "string", enum: ["true"] },
  },
  "www-authenticate": { description: "How to authenticate", schema: text },
  etag: { description: "Version of the document; send it as If-None-Match", schema: text },
  "content-disposition": { description: "Name of the file", schema: text },
};

/** Returns the headers that every response with this status can have. */
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
      const statusCodes = codes.filter((code) => toProblemStatus(code) === Number(status));
      return [
        name,
        {
          description: `Problem document with one of the codes ${statusCodes.join(", ")}`,
          headers: getHeaders(Number(status)),
          content: { "application/problem+json": { schema: reference("Problem") } },
        },
      ];
    }),
  );
}

function complete(path: string, method: string, operation: Operation): void {
  operation["operationId"] = toOperationId(path, method);
  operation["tags"] = [toTag(path)];
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
    if (parameter["in"] === "path") parameter["example"] ??= findExample(String(parameter["name"]));
  }
  if (method === "post" && operation["x-relearn-once"] !== "refused") {
    operation.parameters ??= [];
    operation.parameters.push({
      name: "Idempotency-Key",
      in: "header",
      required: false,
      schema: { type: "string", minLength: 1, maxLength: 255 },
      description:
        "A repeated request with the same key is not executed again; it receives the stored response for 24 hours",
      example: "6b1f7c1e-0d1c-4f4e-9b5e-0c9d2f8f3a11",
    });
  }
  if (operation["x-relearn-batch"] === true) operation.requestBody = batchBody(path);
}

/** Returns the headers of a successful response: those of the route, and those of every response. */
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

/** Schema of an imported labeled example. */
const EXAMPLE_RECORD = "LabeledExampleRecord";

/** Converts `gold` to `SignalGold`. */
const signalSchemaName = (kind: string): string => `Signal${kind[0]?.toUpperCase()}${kind.slice(1)}`;

/** Describes the body of a batch route: a list or lines of one kind of record. */
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
    description:
      "At most 10,000 records and 32 MB after decompression; uncompressed or with content-encoding: gzip",
    content: {
      "application/json": {
        schema: { type: "array", items: record, maxItems: 10_000 },
        example: createBatchExample(path),
      },
      "application/x-ndjson": {
        schema: { type: "string", description: "One record a line, each as in application/json" },
      },
    },
  };
}

/** Returns a list with one record of the route's kind; a golden task if the kind is a path parameter. */
function createBatchExample(path: string): readonly unknown[] {
  const kind = signalKinds.find((one) => path === `/v1/${one}`) ?? "gold";
  const schema: z.ZodType = path === "/v1/examples" ? exampleDraftSchema : signalSchemas[kind];
  return listExamples(schema);
}

/** Converts `get /v1/agents/{agent}/canary` to `getAgentsByAgentCanary`. */
function toOperationId(path: string, method: string): string {
  const parts = path
    .replace("/v1/", "")
    .split("/")
    .map((part) => (part.startsWith("{") ? `by-${part.slice(1, -1)}` : part))
    .join("-")
    .split(/[-_]/);
  return method + parts.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

const toTag = (path: string): string => path.split("/")[2] ?? "";

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

const findExample = (name: string): unknown => examples[name] ?? `${name.replace(/_id$/, "")}_0123456789ab`;

/** Returns every code with its status, kind and title. */
export function problemCodes(): { code: string; status: number; kind: ErrorKind; title: string }[] {
  return Object.entries(errorKinds).map(([code, kind]) => ({
    code,
    status: toProblemStatus(code as ErrorCode),
    kind,
    title: titles[kind],
  }));
}
