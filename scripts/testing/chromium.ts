import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { installDebianPackages } from "./debian-package.ts";

/** The browser for `*.browser.test.ts`: the one named by RELEARN_TEST_CHROMIUM, the one installed, or Debian's. */
export async function ensureChromium(
  signal: AbortSignal,
): Promise<{ path: string } | { unavailable: string }> {
  const named = process.env["RELEARN_TEST_CHROMIUM"];
  if (named) {
    return isExecutable(named)
      ? { path: named }
      : { unavailable: `RELEARN_TEST_CHROMIUM names ${named}, which is no program` };
  }
  const installed = findChromium();
  if (installed !== undefined) return { path: installed };
  const unavailable = await installDebianPackages(["chromium"], signal);
  if (unavailable !== undefined) return { unavailable };
  const path = findChromium();
  return path === undefined
    ? { unavailable: "Debian's chromium is installed, yet no chromium is in PATH" }
    : { path };
}

function findChromium(): string | undefined {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env["PATH"] ?? "").split(delimiter).concat("/usr/bin");
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
