/** `npm run openapi`: writes docs/openapi.json, the current HTTP interface. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openAuthentication } from "../packages/server/src/api/authenticate.ts";
import { createInstallationApp, type Services } from "../packages/server/src/compose.ts";

export const OPENAPI_FILE = join(fileURLToPath(new URL("..", import.meta.url)), "docs/openapi.json");

/** Returns the content of the file, created from the routes without opening an installation. */
export async function openApiText(): Promise<string> {
  const app = createInstallationApp({} as Services, {
    authenticate: openAuthentication(),
    reportFailure: (error) => {
      throw error;
    },
  });
  const answer = await app.fetch(new Request("http://relearn.localhost/openapi.json"));
  return `${JSON.stringify(await answer.json(), null, 1)}\n`;
}

if (import.meta.main) {
  writeFileSync(OPENAPI_FILE, await openApiText());
  console.log(`Wrote ${OPENAPI_FILE}.`);
}
