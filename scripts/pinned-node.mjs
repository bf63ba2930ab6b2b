// Plain JavaScript, so that any Node can start it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Runs a TypeScript program of this checkout: here where the present Node can, else in the pinned Node that
 * the installation brought along. npm puts that one first in the PATH of its scripts; this is for programs
 * that are started directly.
 * @param {URL} program a module that does its work when imported
 */
export async function runOnPinnedNode(program) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  // 22.18 is the first that runs TypeScript sources without a flag.
  if (major > 22 || (major === 22 && minor >= 18)) {
    await import(program.href);
    return;
  }
  const pinned = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  if (!existsSync(pinned)) {
    console.error(
      `This needs Node 22.18 or later and runs on ${process.versions.node}. ` +
        "`npm ci` installs the right one inside the project; then run the same command again.",
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(pinned, [fileURLToPath(program), ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches the child from the terminal; what is sent to this process alone is handed on.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("exit", (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 1;
  });
}
