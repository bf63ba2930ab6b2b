import { pino } from "pino";
import { expect, it } from "vitest";
import { RelearnError } from "./errors.ts";
import { loggedError } from "./logged-error.ts";

it("keeps of a database's error what went wrong and where, and none of the statement's values", () => {
  const failed = Object.assign(new Error("could not extend file: No space left on device"), {
    code: "53100",
    query: "insert into notification_endpoints (secret) values ($1)",
    params: ["whsec_c2VjcmV0"],
    detail: "Failing row contains (pager, whsec_c2VjcmV0).",
  });
  const lines: string[] = [];
  const log = pino({ serializers: { err: loggedError } }, { write: (line: string) => lines.push(line) });
  log.error({ err: failed }, "request failed");
  log.error({ err: new RelearnError("internal", "It failed.", { cause: failed }) }, "request failed");
  expect(JSON.parse(lines[0]!)).toMatchObject({
    err: {
      type: "Error",
      code: "53100",
      message: failed.message,
      stack: expect.stringContaining("logged-error"),
    },
  });
  expect(JSON.parse(lines[1]!)).toMatchObject({ err: { type: "RelearnError", cause: { code: "53100" } } });
  expect(lines.join("")).not.toContain("whsec_");
});

it("keeps what was thrown and is no error", () => {
  expect(loggedError("no")).toEqual({ type: "string", message: "no" });
});
