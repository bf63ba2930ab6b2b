/**
 * A process that looks at the running rollout and dies (kill -9) right after its n-th statement that writes,
 * or, where there are fewer, right after the commit and before anybody is told of it; n left out: not at all.
 * It says first what it found.
 */
import type { KyselyPlugin, RootOperationNode } from "kysely";
import { ManualClock } from "../clock.ts";
import { composeInstallation } from "../compose.ts";
import { parseDatabaseUrl } from "../config.ts";
import type { Database } from "../db/database.ts";
import { openDatabase } from "../db/open-database.ts";
import { rolloutSnapshot } from "./killed-rollout.ts";

const [, , url = "", time = "", at] = process.argv;
const dieAfter = at === undefined ? Number.POSITIVE_INFINITY : Number(at);
let written = 0;
let isArmed = false;

const isWrite = (node: RootOperationNode): boolean =>
  node.kind === "InsertQueryNode" ||
  node.kind === "UpdateQueryNode" ||
  node.kind === "DeleteQueryNode" ||
  (node.kind === "RawNode" && /^\s*(insert|update|delete)\b/.test(node.sqlFragments.join("?")));
const writes = new WeakSet<object>();

const faultPoints: KyselyPlugin = {
  transformQuery({ node, queryId }) {
    if (isArmed && isWrite(node)) writes.add(queryId);
    return node;
  },
  async transformResult({ result, queryId }) {
    if (writes.has(queryId)) {
      written += 1;
      if (written === dieAfter) process.kill(process.pid, "SIGKILL");
    }
    return result;
  },
};

const { database: opened, lock } = await openDatabase(parseDatabaseUrl(url));
const kysely = opened.kysely.withPlugin(faultPoints);
const database: Database = {
  ...opened,
  kysely,
  async transaction(work) {
    const result = await kysely.transaction().execute(work);
    if (isArmed && dieAfter < Number.POSITIVE_INFINITY) process.kill(process.pid, "SIGKILL");
    return result;
  },
};
const installation = await composeInstallation(database, { clock: new ManualClock(new Date(time)), lock });
process.stdout.write(`found ${JSON.stringify(await rolloutSnapshot(installation))}\n`);
isArmed = true;
const { changed } = await installation.guard.look("inbox_triage");
isArmed = false;
process.stdout.write(`looked ${JSON.stringify({ changed, written })}\n`);
process.stdout.write(`left ${JSON.stringify(await rolloutSnapshot(installation))}\n`);
await installation.close();
