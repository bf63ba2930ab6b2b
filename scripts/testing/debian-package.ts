import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * Installs packages of Debian (or of a system made from it). Returns undefined when they are installed,
 * else the reason why they are not, fit to follow "not to be had: ". Asks nobody and needs root: on a
 * machine of somebody who is not root nothing is installed behind their back.
 */
export async function installDebianPackages(
  names: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const command = `apt-get install ${names.join(" ")}`;
  if (!existsSync("/usr/bin/apt-get")) {
    return `${names.join(" ")} is not installed, and there is no apt-get to install it`;
  }
  if (process.getuid?.() !== 0) {
    return `${names.join(" ")} is not installed, and only root may install it (${command})`;
  }
  console.log(`Installing Debian's ${names.join(" ")} with apt-get.`);
  // Another installation on the machine may hold apt's lock for a while.
  const options = ["-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2"];
  // A package list that is only partly fresh will often do: the installation has the last word.
  const updated = await runApt([...options, "update"], signal);
  const failure = await runApt([...options, "install", "-y", "--no-install-recommends", ...names], signal);
  if (failure === undefined) return undefined;
  return `${command} failed: ${failure}${updated === undefined ? "" : `; before it, apt-get update: ${updated}`}`;
}

/** Its output is kept back, as it is long: the last lines are the reason when it fails. */
function runApt(args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn("apt-get", args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
      signal,
    });
    let output = "";
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => done(error.message));
    child.on("close", (code) =>
      done(code === 0 ? undefined : output.trim().split("\n").slice(-3).join(" / ") || `exit code ${code}`),
    );
  });
}
