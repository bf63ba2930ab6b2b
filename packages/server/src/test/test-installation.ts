import { onTestFinished } from "vitest";
import { openAuthentication } from "../api/authenticate.ts";
import { type Api, createApi } from "../cli/api.ts";
import { ManualClock } from "../clock.ts";
import { composeInstallation, createInstallationApp, type Installation } from "../compose.ts";
import type { Database } from "../db/database.ts";
import { fetchAsDescribed } from "./http/answers-as-described.ts";
import { createTestDatabase } from "./test-database.ts";

/** When the tests' clock begins: a Monday, noon UTC. */
export const TEST_START = new Date("2026-03-02T12:00:00.000Z");

export interface TestInstallation extends Installation {
  readonly clock: ManualClock;
  /** Address of the database on a server; undefined on the embedded one. */
  readonly databaseUrl: string | undefined;
  /** The HTTP application in this process, as the person named acts. */
  as(person: string): Api;
  /** One request to it as it comes. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * An installation on a fresh database, with a clock that the test moves; closed when the present test ends.
 * `prepare` may put another content into the database first.
 */
export async function testInstallation(
  options: { start?: Date; prepare?: (database: Database) => Promise<void> } = {},
): Promise<TestInstallation> {
  const { database, url, dispose } = await createTestDatabase();
  await options.prepare?.(database);
  const clock = new ManualClock(options.start ?? TEST_START);
  const installation = await composeInstallation(database, { clock });
  onTestFinished(async () => {
    await installation.close();
    await dispose();
  });
  const app = createInstallationApp(installation, {
    authenticate: openAuthentication(),
    reportFailure: (error) => console.error(error),
  });
  const send = fetchAsDescribed(installation, app);
  return {
    ...installation,
    clock,
    databaseUrl: url,
    fetch: (path, init) => send(new Request(new URL(path, "http://relearn.localhost"), init)),
    as: (person) =>
      createApi({
        baseUrl: "http://relearn.localhost",
        send,
        actor: { name: person, kind: "asserted" },
        place: "this test",
      }),
  };
}
