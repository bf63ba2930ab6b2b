import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** Starts a process on the database, waits until it is in the middle of the learning jobs' first, kills it. */
export async function killProcessInJob(url: string, now: Date): Promise<void> {
  const program = fileURLToPath(new URL("./job-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, url, now.toISOString()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  let begun = false;
  for await (const line of lines) {
    begun = line === "began load_labeled_data";
    if (begun) break;
  }
  if (!begun) throw new Error("The process ended before its job began.");
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
