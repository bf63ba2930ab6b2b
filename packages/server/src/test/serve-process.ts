import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** What a command's process is started with. */
export const program = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface Serving {
  readonly address: string;
  /** All that it has printed, on both streams. */
  readonly printed: () => string;
  /** Whether the process has not ended. */
  isRunning(): boolean;
  stop(): Promise<void>;
}

/**
 * `relearn serve` in a process of its own, ended with the test; resolves when it says its address. `place` is a
 * folder, or the address of a database.
 */
export async function serveProcess(
  place: string,
  { host = "127.0.0.1", environment = process.env }: { host?: string; environment?: NodeJS.ProcessEnv } = {},
): Promise<Serving> {
  const child = spawn(
    process.execPath,
    [program, "serve", place.includes("://") ? "--database" : "--data", place, "--host", host, "--port", "0"],
    {
      env: environment,
    },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  onTestFinished(stop);
  let text = "";
  const address = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = /Relearn serves .* at (http:\S+) /.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`The service ended with ${code}:\n${text}`)));
  });
  return {
    address,
    printed: () => text,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop,
  };
}
