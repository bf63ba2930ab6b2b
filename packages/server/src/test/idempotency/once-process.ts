/**
 * A service that dies (kill -9) right after the n-th statement that writes of the first POST it is sent, or,
 * where there are fewer, after its commit and before its answer; n left out: not at all.
 */

import { openAuthentication } from "../../api/authenticate.ts";
import { startService } from "../../api/service.ts";
import { composeInstallation, createInstallationApp } from "../../compose.ts";
import { parseDatabaseUrl } from "../../config.ts";
import { openDatabase } from "../../db/open-database.ts";
import { withFaultPoints } from "../fault-points.ts";

const [, , url = "", at] = process.argv;
const dieAfter = at === undefined ? Number.POSITIVE_INFINITY : Number(at);
const { database, lock } = await openDatabase(parseDatabaseUrl(url));
let written = 0;
let isArmed = false;
const dying = withFaultPoints(database, {
  written: () => {
    if (isArmed && ++written === dieAfter) process.kill(process.pid, "SIGKILL");
  },
  committed: () => {},
});
const installation = await composeInstallation(dying, { lock });
const app = createInstallationApp(installation, {
  authenticate: openAuthentication(),
  reportFailure: (error) => console.error(error),
  reportRequest: ({ method }) => {
    if (method === "POST" && at !== undefined) process.kill(process.pid, "SIGKILL");
  },
});
const service = await startService(app, { host: "127.0.0.1", port: 0, searchPort: false });
isArmed = true;
process.stdout.write(`${service.address}\n`);
process.once("SIGTERM", async () => {
  await service.stop();
  await installation.close();
});
