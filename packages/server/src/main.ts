/**
 * The process: `node main.ts COMMAND …` runs one command line. The composition of database, stores,
 * services, jobs and HTTP is in `compose.ts`; commands load it when they need it.
 */
import { runCommandLine as run } from "./cli/program.ts";

/** Runs one command line and leaves its exit code to the process. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv);
}

if (import.meta.main) await runCommandLine(process.argv.slice(2));
