import type { ProblemDocument } from "@relearn/contract";
import { isIdle } from "../access/idle.ts";
import { actingAs } from "../acting-as.ts";

/** A refusal or failure of the service, in its words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(problem: Pick<ProblemDocument, "code" | "status" | "detail" | "details">) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.details = problem.details ?? {};
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Calls the service; throws `ApiError` with its problem, or with `unreachable` if it does not answer. */
export async function callApi<Answer>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const name = actingAs.get();
  let response: Response;
  try {
    response = await fetch(path + queryText(options.query ?? {}), {
      method,
      headers: {
        accept: "application/json",
        // A page elsewhere could not send it: under a session nothing changes without it.
        "relearn-console": "1",
        ...(isIdle() ? { "relearn-idle": "1" } : {}),
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
        ...(name === null ? {} : { "relearn-actor": encodeURIComponent(name) }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError({
      code: "unreachable",
      status: 0,
      detail: "the service does not answer. Run `relearn serve` where it stopped.",
    });
  }
  const text = await response.text();
  if (response.ok) return (text === "" ? undefined : JSON.parse(text)) as Answer;
  throw new ApiError(parseProblem(response, text));
}

function parseProblem(response: Response, text: string): Pick<ProblemDocument, "code" | "status" | "detail"> {
  try {
    const problem = JSON.parse(text) as ProblemDocument;
    if (typeof problem.code === "string" && typeof problem.detail === "string") return problem;
  } catch {
    // Something between browser and service answered.
  }
  return {
    code: "unreadable",
    status: response.status,
    detail: `the answer was ${response.status} ${response.statusText} and no problem document.`,
  };
}

function queryText(query: Query): string {
  const entries = Object.entries(query).filter(
    (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
  );
  if (entries.length === 0) return "";
  return `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`;
}
