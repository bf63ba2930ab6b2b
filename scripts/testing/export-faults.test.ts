import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findExportFaults } from "./export-faults.ts";

let folder: string | undefined;
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** Creates a package with these files and `exports`; its type is `module`. */
function makePackage(exports: object, files: Readonly<Record<string, string>>): string {
  folder = mkdtempSync(join(tmpdir(), "relearn-exports-"));
  const all = { "package.json": JSON.stringify({ type: "module", exports }), ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const esm = { types: "./a.d.ts", default: "./a.js" };
const cjs = { types: "./cjs/a.d.ts", default: "./cjs/a.js" };
const esmFiles = { "a.js": "", "a.d.ts": "" };
const cjsFiles = { "cjs/a.js": "", "cjs/a.d.ts": "" };
const cjsMarker = { "cjs/package.json": '{"type":"commonjs"}' };

describe("findExportFaults", () => {
  it.each([
    ["one entry for both", { ".": esm }, esmFiles],
    [
      "one entry for each",
      { ".": { import: esm, require: cjs } },
      { ...esmFiles, ...cjsFiles, ...cjsMarker },
    ],
  ])("finds none: %s", (_, exports, files) => {
    expect(findExportFaults(makePackage(exports, files))).toEqual([]);
  });

  it.each([
    ["a missing file", { ".": esm }, { "a.d.ts": "" }, [". default: ./a.js does not exist"]],
    [
      "CommonJS that is read as an ES module",
      { ".": { import: esm, require: cjs } },
      { ...esmFiles, ...cjsFiles },
      [". require types: ./cjs/a.d.ts is read as module", ". require default: ./cjs/a.js is read as module"],
    ],
    [
      "types of the other kind",
      { ".": { import: esm, require: { types: "./a.d.ts", default: "./cjs/a.js" } } },
      { ...esmFiles, ...cjsFiles, ...cjsMarker },
      [". require types: ./a.d.ts is read as module", ".: require has the types ./a.d.ts for ./cjs/a.js"],
    ],
    ["no way in for require", { ".": { import: esm } }, esmFiles, [".: require reaches no file"]],
    [
      "types after the JavaScript",
      { ".": { default: "./a.js", types: "./a.d.ts" } },
      esmFiles,
      [".: import finds no types", ".: require finds no types"],
    ],
  ])("finds %s", (_, exports, files, faults) => {
    expect(findExportFaults(makePackage(exports, files))).toEqual(faults);
  });
});
