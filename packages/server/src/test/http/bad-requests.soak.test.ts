import { expect, it, onTestFinished } from "vitest";
import { openAuthentication } from "../../api/authenticate.ts";
import { composeInstallation, createInstallationApp, type Installation } from "../../compose.ts";
import { openEmbeddedDatabase } from "../../db/embedded-database.ts";
import { migrate } from "../../db/migrate.ts";
import { createTestDatabase } from "../test-database.ts";
import { sendBadRequests } from "./bad-requests.ts";

const COUNT = 100_000;

async function sendTo(installation: Installation): Promise<void> {
  const app = createInstallationApp(installation, {
    authenticate: openAuthentication(),
    reportFailure: (error) => console.error(error),
  });
  const seed = Date.now() % 1_000_000_000;
  const statuses = await sendBadRequests(
    async (path, init) => app.fetch(new Request(new URL(path, "http://relearn.localhost"), init)),
    { count: COUNT, seed },
  );
  console.log(`seed ${seed}: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}`);
  expect(await installation.audit.verify()).toMatchObject({ intact: true });
}

it(`answers ${COUNT} bad requests on a server`, { timeout: 3_600_000 }, async ({ skip }) => {
  if (process.env["RELEARN_TEST_DATABASE"] !== "server") skip("there is no server PostgreSQL");
  const { database, dispose } = await createTestDatabase();
  const installation = await composeInstallation(database);
  onTestFinished(async () => {
    await installation.close();
    await dispose();
  });
  await sendTo(installation);
});

it(`answers ${COUNT} bad requests on the embedded database`, { timeout: 3_600_000 }, async () => {
  const database = await openEmbeddedDatabase();
  await migrate(database);
  const installation = await composeInstallation(database);
  onTestFinished(() => installation.close());
  await sendTo(installation);
});
