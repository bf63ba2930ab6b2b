/**
 * The process: `node main.ts COMMAND …` runs one command line. The composition of database, stores,
 * services, jobs and HTTP is in `compose.ts`; commands load it when they need it.
 */
import { enableCompileCache } from "node:module";

/** Runs one command line and leaves its exit code to the process. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  // For `node main.ts`; the launcher has done so before it loaded this file.
  enableCompileCache();
  // `relearn … | head`: the reader has what it wanted.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const { runCommandLine: run } = await import("./cli/program.ts");
  process.exitCode = await run(argv);
}

if (import.meta.main) await runCommandLine(process.argv.slice(2));
