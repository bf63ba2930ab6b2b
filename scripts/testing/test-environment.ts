import { globSync } from "node:fs";
import { resolve } from "node:path";
import { prepareChromium } from "./chromium.ts";
import { startServerPostgres } from "./server-postgres.ts";
import { type TestProject, testFiles } from "./test-files.ts";

export interface TestEnvironment {
  variables: Record<string, string>;
  /** Projects that cannot run on this machine. */
  missing: { project: TestProject; files: string[]; reason: string }[];
  stop(): Promise<void>;
}

/** Prepares the servers and browsers that the selected files need. */
export async function prepareTestEnvironment(
  args: readonly string[],
  signal: AbortSignal,
): Promise<TestEnvironment> {
  const stops: (() => void | Promise<void>)[] = [];
  const environment: TestEnvironment = {
    variables: {},
    missing: [],
    async stop() {
      for (const stop of stops) await stop();
    },
  };
  const forServer = findWantedFiles("server", args);
  if (forServer.length > 0) {
    const server = await startServerPostgres(signal);
    if ("unavailable" in server) {
      environment.missing.push({ project: "server", files: forServer, reason: server.unavailable });
    } else {
      console.log(`Server PostgreSQL: ${server.description}.`);
      environment.variables["RELEARN_TEST_DATABASE_URL"] = server.url;
      stops.push(server.stop);
    }
  }
  const forBrowser = findWantedFiles("browser", args);
  if (forBrowser.length > 0 && !signal.aborted) {
    const chromium = await prepareChromium();
    if ("unavailable" in chromium) {
      environment.missing.push({ project: "browser", files: forBrowser, reason: chromium.unavailable });
    } else {
      environment.variables["RELEARN_TEST_CHROMIUM"] = chromium.path;
      stops.push(chromium.stop);
    }
  }
  return environment;
}

/** Lists the files of a project that the arguments select, as vitest does: by a part of the path. */
function findWantedFiles(project: TestProject, args: readonly string[]): string[] {
  const { include, exclude } = testFiles[project];
  const files = globSync([...include], { exclude: [...exclude] }).sort();
  // Only vitest knows whether the argument after an option is its value, so with options all files are selected.
  if (args.length === 0 || args.some((arg) => arg.startsWith("-"))) return files;
  return files.filter((file) => args.some((arg) => resolve(file).includes(arg.replace(/^\.\//, ""))));
}
