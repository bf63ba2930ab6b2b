#!/usr/bin/env node
// Starts Relearn. Plain JavaScript, so that any Node can run it. In a checkout it starts a Node that runs TypeScript
// sources; in an installed package it runs the built JavaScript in dist/.
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
const isSupportedNode = major > 22 || (major === 22 && minor >= 18);

if (isSupportedNode) {
  // Enabled before the first TypeScript file is loaded: with a cached file no compiler is loaded (0.1 s).
  module.enableCompileCache?.();
  process.argv[1] = entry;
  const { runCommandLine } = await import(entry);
  await runCommandLine(process.argv.slice(2));
} else {
  const pinned = findPinnedNode();
  if (pinned === undefined) {
    console.error(
      `Relearn needs Node 22.18 or later, but this is ${process.versions.node}. Install a newer Node.`,
    );
    process.exit(1);
  }
  const { spawn } = await import("node:child_process");
  const child = spawn(pinned, [launcher, ...process.argv.slice(2)], { stdio: "inherit" });
  child.on("error", (error) => {
    throw error;
  });
  // The terminal sends Ctrl-C to the child, too; other signals are passed on.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

/** Returns the path of the Node in the `node` package, or undefined. */
function findPinnedNode() {
  try {
    const require = createRequire(import.meta.url);
    const manifest = require.resolve("node/package.json");
    const binary = join(dirname(manifest), "bin", "node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
