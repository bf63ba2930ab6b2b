import type { ProblemDocument } from "@relearn/contract";
import type { Actor } from "../actor.ts";
import { ACTOR_HEADER } from "../api/authenticate.ts";
import { type ErrorCode, errorKinds, RelearnError } from "../errors.ts";
import type { ProgressLineDocument } from "../http/progress-answer.ts";

/**
 * HTTP interface that commands use. The requests go to a running service, or directly to the application in this
 * process.
 */
export interface Api {
  get<Document>(path: string, query?: Query): Promise<Document>;
  post<Document>(path: string, body?: unknown, query?: Query): Promise<Document>;
  /** Sends a POST request whose response is a stream of progress lines, then the result. */
  postLong<Document, Progress>(
    path: string,
    body: unknown,
    onProgress: (progress: Progress) => void,
  ): Promise<Document>;
  /** Returns the bytes of an export as a stream. */
  download(path: string, query?: Query): Promise<ReadableStream<Uint8Array>>;
  put<Document>(path: string, body?: unknown): Promise<Document>;
  delete<Document>(path: string, query?: Query): Promise<Document>;
  /** Destination of the requests: an address, or "this process". */
  readonly place: string;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Builds a path with its parameters percent-encoded: path`/v1/agents/${name}`. */
export function path(texts: TemplateStringsArray, ...values: readonly string[]): string {
  return texts.reduce((whole, text, index) => whole + encodeURIComponent(values[index - 1] ?? "") + text);
}

export interface ApiOptions {
  readonly baseUrl: string;
  readonly send: (request: Request) => Promise<Response>;
  /** Person who acts; `undefined` if the token identifies the person. */
  readonly actor: Actor | undefined;
  readonly token?: string | undefined;
  readonly place: string;
}

export function createApi(options: ApiOptions): Api {
  const send = (
    method: string,
    target: string,
    body: unknown,
    query: Query,
    accept: string,
  ): Promise<Response> => {
    const url = new URL(target, options.baseUrl);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers = new Headers({ accept });
    if (options.actor !== undefined) headers.set(ACTOR_HEADER, encodeURIComponent(options.actor.name));
    if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`);
    if (body !== undefined) headers.set("content-type", "application/json");
    return options.send(
      new Request(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    );
  };
  const call = async <Document>(
    method: string,
    target: string,
    body: unknown,
    query: Query = {},
  ): Promise<Document> => {
    const response = await send(method, target, body, query, "application/json");
    const text = await response.text();
    if (!response.ok) throw toError(response.status, text);
    return (text === "" ? undefined : JSON.parse(text)) as Document;
  };
  return {
    get: (target, query) => call("GET", target, undefined, query),
    post: (target, body, query) => call("POST", target, body ?? {}, query),
    postLong: async <Document, Progress>(
      target: string,
      body: unknown,
      onProgress: (progress: Progress) => void,
    ) => {
      const response = await send("POST", target, body, {}, "application/x-ndjson, application/json");
      if (!response.ok) throw toError(response.status, await response.text());
      for await (const text of readLines(response)) {
        const line = JSON.parse(text) as ProgressLineDocument<Progress, Document>;
        if ("progress" in line) onProgress(line.progress);
        else if ("result" in line) return line.result;
        else throw toError(line.problem.status, JSON.stringify(line.problem));
      }
      throw new RelearnError(
        "service_unavailable",
        "The response of the service ended early. Try again; see the log of the service for the reason.",
      );
    },
    download: async (target, query) => {
      const response = await send("GET", target, undefined, query ?? {}, "*/*");
      if (!response.ok) throw toError(response.status, await response.text());
      return response.body ?? new ReadableStream();
    },
    put: (target, body) => call("PUT", target, body ?? {}),
    delete: (target, query) => call("DELETE", target, undefined, query),
    place: options.place,
  };
}

async function* readLines(response: Response): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Converts a problem document into an error. */
function toError(status: number, text: string): RelearnError {
  try {
    const problem = JSON.parse(text) as Partial<ProblemDocument>;
    const code =
      problem.code !== undefined && Object.hasOwn(errorKinds, problem.code)
        ? (problem.code as ErrorCode)
        : "internal";
    return new RelearnError(code, problem.detail ?? `The service responded with status ${status}.`, {
      details: { ...problem.details },
    });
  } catch {
    return new RelearnError(
      "service_unavailable",
      `The service responded with status ${status} and no problem document. Check that the address is a Relearn service.`,
    );
  }
}
