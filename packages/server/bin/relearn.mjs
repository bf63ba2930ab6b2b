#!/usr/bin/env node
// Plain JavaScript, so that any Node can start it: it hands over to a Node that runs TypeScript sources.
// In an installed package the built JavaScript in dist/ is used and the present Node will do.
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(import.meta.url);
const packageFolder = join(dirname(launcher), "..");
const source = join(packageFolder, "src", "main.ts");
const built = join(packageFolder, "dist", "main.js");
const entry = existsSync(source) ? source : built;

const [major, minor] = process.versions.node.split(".").map(Number);
const presentNodeWillDo = major > 22 || (major === 22 && minor >= 18);

if (presentNodeWillDo) {
  // Before the first TypeScript file: a start that finds it in the cache then loads no compiler (0.1 s).
  module.enableCompileCache?.();
  process.argv[1] = entry;
  const { runCommandLine } = await import(entry);
  await runCommandLine(process.argv.slice(2));
} else {
  const pinned = pinnedNode();
  if (pinned === undefined) {
    console.error(
      `Relearn needs Node 22.18 or later; this is ${process.versions.node}. Install a newer Node.`,
    );
    process.exit(1);
  }
  const { spawn } = await import("node:child_process");
  const child = spawn(pinned, [launcher, ...process.argv.slice(2)], { stdio: "inherit" });
  child.on("error", (error) => {
    throw error;
  });
  // Ctrl-C reaches the child from the terminal; what is sent to this process alone is handed on.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

/** The Node that the `node` package brought along, or undefined. */
function pinnedNode() {
  try {
    const require = createRequire(import.meta.url);
    const manifest = require.resolve("node/package.json");
    const binary = join(dirname(manifest), "bin", "node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
