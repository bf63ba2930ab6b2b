import { expect, it } from "vitest";
import { RelearnError } from "../errors.ts";
import { toDatabaseFault } from "./database-fault.ts";

it.each([
  ["08006", ""],
  ["53300", "too many connections"],
  ["57P01", "terminating connection due to administrator command"],
  ["57P03", "the database system is starting up"],
  ["25006", "cannot execute INSERT in a read-only transaction"],
  ["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:5432"],
  [undefined, "Connection terminated unexpectedly"],
  [undefined, "timeout exceeded when trying to connect"],
])("converts %s %s to database_unavailable", (code, message) => {
  const error = Object.assign(new Error(message), code === undefined ? {} : { code });
  expect(toDatabaseFault(error)).toMatchObject({
    code: "database_unavailable",
    details: { retry_after_seconds: 5 },
    cause: error,
  });
});

it.each([
  Object.assign(new Error("duplicate key"), { code: "23505" }),
  Object.assign(new Error("no such file"), { code: "ENOENT" }),
  new Error("Cannot read properties of undefined"),
  new RelearnError("not_found", "There is none."),
  "Connection terminated",
])("and not %s", (error) => {
  expect(toDatabaseFault(error)).toBeUndefined();
});

it("reports a full disk", () => {
  const full = Object.assign(new Error("could not extend file"), { code: "53100" });
  expect(toDatabaseFault(full)?.message).toContain("is full");
});
