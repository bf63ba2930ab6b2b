/**
 * Holds the answers of the application in the tests against its OpenAPI document, so that neither can go its
 * own way: an answer with a status, a type or a body that the document does not describe fails the test.
 */
import { z } from "zod";
import { openAuthentication } from "../../api/authenticate.ts";
import type { OpenApiDocument } from "../../api/openapi-document.ts";
import { createInstallationApp, type Services } from "../../compose.ts";
import type { Router } from "../../http/router.ts";

type Json = Readonly<Record<string, unknown>>;

interface Described {
  readonly method: string;
  readonly form: RegExp;
  readonly path: string;
  readonly responses: Readonly<Record<string, Json>>;
}

/** What a status and a content type of an operation promise, made when it is first answered. */
class AnswerChecker {
  readonly #operations: readonly Described[];
  readonly #schemas: Readonly<Record<string, Json>>;
  readonly #responses: Readonly<Record<string, Json>>;
  readonly #made = new Map<string, z.ZodType | undefined>();

  constructor(document: OpenApiDocument) {
    this.#schemas = document.components.schemas;
    this.#responses = document.components["responses"] as Readonly<Record<string, Json>>;
    this.#operations = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { responses }]) => ({
        method: method.toUpperCase(),
        path,
        form: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`),
        responses,
      })),
    );
  }

  async check(request: { method: string; url: string }, answer: Response): Promise<void> {
    const { pathname } = new URL(request.url);
    // Of several that fit, `/v1/rollouts/overrides` counts before `/v1/rollouts/{rollout_id}`.
    const operation = this.#operations
      .filter((one) => one.method === request.method && one.form.test(pathname))
      .sort((a, b) => a.path.split("{").length - b.path.split("{").length)[0];
    if (operation === undefined) return;
    const at = `${operation.method} ${operation.path} answers ${answer.status}`;
    const declared = operation.responses[String(answer.status)];
    if (declared === undefined) throw new Error(`${at}, which the OpenAPI document does not know.`);
    const type = (answer.headers.get("content-type") ?? "").split(";")[0]!;
    const content = this.#resolved(declared)["content"] as Readonly<Record<string, Json>> | undefined;
    const schema = content?.[type]?.["schema"] as Json | undefined;
    if (schema === undefined) throw new Error(`${at} as ${type}, which the OpenAPI document does not know.`);
    if (!/json$/.test(type) || type.endsWith("ndjson")) return;
    const made = this.#made.get(`${at} ${type}`) ?? z.fromJSONSchema(this.#withDefinitions(schema) as never);
    this.#made.set(`${at} ${type}`, made);
    const body: unknown = await answer.clone().json();
    const { error } = made.safeParse(body);
    if (error === undefined) return;
    throw new Error(
      `${at} with what the OpenAPI document does not describe:\n${z.prettifyError(error)}\n${JSON.stringify(body).slice(0, 2000)}`,
    );
  }

  #resolved(response: Json): Json {
    const reference = response["$ref"];
    return typeof reference === "string" ? this.#responses[reference.split("/").at(-1) ?? ""]! : response;
  }

  /** The schema by itself: with the definitions that it names, directly or not. */
  #withDefinitions(schema: Json): Json {
    const found: Record<string, unknown> = {};
    const own = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(own);
      if (typeof value !== "object" || value === null) return value;
      const reference = (value as Json)["$ref"];
      if (typeof reference !== "string")
        return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, own(member)]));
      const name = reference.split("/").at(-1) ?? "";
      if (!Object.hasOwn(found, name)) {
        found[name] = {};
        found[name] = own(this.#schemas[name]);
      }
      return { $ref: `#/$defs/${name}` };
    };
    return { ...(own(schema) as Json), $defs: found };
  }
}

let checker: Promise<AnswerChecker> | undefined;

async function makeChecker(services: Services): Promise<AnswerChecker> {
  const app = createInstallationApp(services, {
    authenticate: openAuthentication(),
    reportFailure: (error) => console.error(error),
  });
  const answer = await app.fetch(new Request("http://relearn.localhost/openapi.json"));
  return new AnswerChecker((await answer.json()) as OpenApiDocument);
}

/** Sends requests to the application and holds each answer against the document. */
export function fetchAsDescribed(
  services: Services,
  app: Router,
): (request: Request, environment?: object) => Promise<Response> {
  return async (request, environment) => {
    const { method, url } = request;
    const answer = await app.fetch(request, environment);
    checker ??= makeChecker(services);
    await (await checker).check({ method, url }, answer);
    return answer;
  };
}
