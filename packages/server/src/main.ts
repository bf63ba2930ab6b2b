/**
 * Entry point of the process: `node main.ts COMMAND …` runs one command line. `compose.ts` connects database, stores,
 * services, jobs and HTTP; commands import it when they need it.
 */
import { enableCompileCache } from "node:module";

/** Runs one command line and sets the exit code of the process. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  // For `node main.ts`; the launcher enables the cache before it loads this file.
  enableCompileCache();
  // The reader has closed the pipe, as in `relearn … | head`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const { runCommandLine: run } = await import("./cli/program.ts");
  process.exitCode = await run(argv);
}

if (import.meta.main) await runCommandLine(process.argv.slice(2));
