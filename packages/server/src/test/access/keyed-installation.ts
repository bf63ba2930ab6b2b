import type { ProblemDocument, Role } from "@relearn/contract";
import { roles } from "@relearn/contract/values";
import { serviceAuthentication } from "../../api/authenticate.ts";
import { createInstallationApp } from "../../compose.ts";
import type { Router } from "../../http/router.ts";
import { fetchAsDescribed } from "../http/answers-as-described.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

/** Where the tests' service is, to a browser. */
export const TEST_ORIGIN = "http://relearn.localhost:4380";
export const MACHINE_TOKEN = "the-token-of-the-data-folder";

export interface CallOptions {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another address of the service. */
  readonly origin?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The problem document of a refusal, the document else. */
  readonly body: ProblemDocument & Record<string, unknown>;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** The application of an installation as a service runs it, without a port. */
export function createKeyedService(relearn: TestInstallation): { readonly app: Router; readonly call: Call } {
  const app = createInstallationApp(relearn, {
    authenticate: serviceAuthentication({ access: relearn.access, machineToken: MACHINE_TOKEN }),
    reportFailure: (error) => console.error(error),
  });
  const send = fetchAsDescribed(relearn, app);
  const call: Call = async (method, path, { key, body, headers, origin = TEST_ORIGIN } = {}) => {
    const request = new Request(origin + path, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await send(request);
    const isJson = /^application\/(problem\+)?json/.test(answer.headers.get("content-type") ?? "");
    if (!isJson) await answer.body?.cancel();
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson ? ((await answer.json()) as Answer["body"]) : ({} as Answer["body"]),
    };
  };
  return { app, call };
}

export interface KeyedInstallation {
  readonly relearn: TestInstallation;
  readonly app: Router;
  readonly call: Call;
  /** A key of each role; its person is called as the role. */
  readonly keys: Readonly<Record<Role, string>>;
}

/** An installation with a key of each role. */
export async function keyedInstallation(): Promise<KeyedInstallation> {
  const relearn = await testInstallation();
  const keys: Partial<Record<Role, string>> = {};
  // The admin's first, as it has to be.
  for (const role of roles.toReversed()) {
    keys[role] = (await relearn.access.createKey({ person: role, role }, { actor: "root" })).secret;
  }
  return { relearn, ...createKeyedService(relearn), keys: keys as Record<Role, string> };
}

/** The headers that a browser and the console send with a request of the console's own page. */
export const fromTheConsole = {
  "sec-fetch-site": "same-origin",
  origin: TEST_ORIGIN,
  "relearn-console": "1",
} as const;

/** Name and value of the cookie that an answer sets, as a browser sends it back; "" where it sets none. */
export function getCookie(answer: Answer): string {
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}
