/** `npm run schema`: writes docs/schema.sql, the schema of a new database. A test compares the two. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openDatabase } from "../packages/server/src/db/open-database.ts";
import { dumpSchema } from "../packages/server/src/test/dump-schema.ts";

const file = fileURLToPath(new URL("../docs/schema.sql", import.meta.url));
const { database } = await openDatabase({ kind: "memory" });
writeFileSync(file, await dumpSchema(database.kysely));
await database.close();
console.log(`Wrote ${file}.`);
