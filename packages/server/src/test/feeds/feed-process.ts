/** A process that loads the approvals into the database named, and says so after each page. */
import { composeInstallation, openInstallation } from "../../compose.ts";
import { parseDatabaseUrl } from "../../config.ts";
import { openServerDatabase } from "../../db/server-database.ts";

const location = parseDatabaseUrl(process.argv[2]!);
const installation =
  location.kind === "server"
    ? await composeInstallation(await openServerDatabase({ url: location.url }))
    : await openInstallation(location);
installation.audit.subscribe((event) => {
  if (event.kind === "feed.loaded") process.stdout.write(`page ${JSON.stringify(event.detail)}\n`);
});
await installation.feeds.loadFromApprovals();
await installation.close();
