import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface TestChromium {
  path: string;
  stop(): void;
}

/**
 * Provides the browser for `*.browser.test.ts`: the one in RELEARN_TEST_CHROMIUM, else that of the npm package
 * `@sparticuz/chromium`, unpacked for this run into a temporary folder. The package contains the libraries and one
 * font (Open Sans), so the layout of pages is the same on every machine.
 */
export async function prepareChromium(): Promise<TestChromium | { unavailable: string }> {
  const named = process.env["RELEARN_TEST_CHROMIUM"];
  if (named) return checkBrowser({ path: named, stop: () => {} });
  if (process.platform !== "linux" || process.arch !== "x64") {
    return {
      unavailable: `@sparticuz/chromium runs on linux-x64 only, this is ${process.platform}-${process.arch}; set RELEARN_TEST_CHROMIUM to an installed Chromium`,
    };
  }
  const folder = mkdtempSync(join(tmpdir(), "relearn-chromium-"));
  const path = await unpackInto(folder);
  return checkBrowser({ path, stop: () => rmSync(folder, { recursive: true, force: true }) });
}

/** Returns the path of a program in the folder that starts the browser. */
async function unpackInto(folder: string): Promise<string> {
  const packed = join(dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium"))), "../bin");
  const { inflate } = await import("@sparticuz/chromium");
  // The package unpacks into the temporary folder of the system, under names that all users share.
  const previous = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    await Promise.all(
      ["chromium.br", "fonts.tar.br", "al2023.tar.br"].map((file) => inflate(join(packed, file))),
    );
  } finally {
    if (previous === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = previous;
  }
  writeFileSync(
    join(folder, "fonts.conf"),
    `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/font-cache</cachedir></fontconfig>\n`,
  );
  const program = join(folder, "start-chromium");
  writeFileSync(
    program,
    `#!/bin/sh
folder=$(dirname "$0")
export LD_LIBRARY_PATH="$folder/al2023/lib" FONTCONFIG_FILE="$folder/fonts.conf"
exec "$folder/chromium" "$@"
`,
    { mode: 0o755 },
  );
  return program;
}

function checkBrowser(browser: TestChromium): TestChromium | { unavailable: string } {
  const { status, stderr, error } = spawnSync(browser.path, ["--version"], { encoding: "utf8" });
  if (status === 0) return browser;
  browser.stop();
  return { unavailable: `${browser.path} does not run (${error?.message ?? stderr.trim()})` };
}
