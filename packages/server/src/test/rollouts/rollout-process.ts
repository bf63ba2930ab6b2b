/**
 * A process that is killed (-9) in the middle of transitions. Of each database that it is given it carries out
 * one transition up to its n-th statement that writes, or up to its commit where there are fewer, and leaves it
 * there; once it stands so in all of them, it kills itself.
 */
import { ManualClock } from "../../clock.ts";
import { composeInstallation } from "../../compose.ts";
import { parseDatabaseUrl } from "../../config.ts";
import { openDatabase } from "../../db/open-database.ts";
import { withFaultPoints } from "../fault-points.ts";
import { transitionNamed } from "./rollout-transitions.ts";

/** Where a process is to be killed. */
export interface KillOrder {
  readonly url: string;
  readonly transition: string;
  readonly now: string;
  /** The statement that it dies after; above `writes`: the commit. */
  readonly dieAfter: number;
  /** Statements of the transition that write. */
  readonly writes: number;
}

for (const { url, transition, now, dieAfter } of JSON.parse(process.argv[2] ?? "[]") as KillOrder[]) {
  const { database: opened, lock } = await openDatabase(parseDatabaseUrl(url));
  let written = 0;
  let isArmed = false;
  const isThere = Promise.withResolvers<void>();
  const stayHere = (): Promise<void> => {
    isThere.resolve();
    return new Promise(() => {});
  };
  const database = withFaultPoints(opened, {
    written: () => {
      written += 1;
      return isArmed && written === dieAfter ? stayHere() : undefined;
    },
    committed: () => (isArmed ? stayHere() : undefined),
  });
  const clock = new ManualClock(new Date(now));
  const installation = await composeInstallation(database, { clock, lock, newSalt: () => "salt" });
  isArmed = true;
  written = 0;
  const acted = transitionNamed(transition).act(installation);
  await Promise.race([
    isThere.promise,
    acted.then(() => {
      throw new Error(`"${transition}" ended without a commit.`);
    }),
  ]);
}
process.kill(process.pid, "SIGKILL");
