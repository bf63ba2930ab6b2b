import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import {
  compareExports,
  EXPORTS_FILE,
  formatExports,
  listEntryPoints,
  readExports,
} from "./write-exports.ts";

it("docs/exports.txt lists the exports as they are; `npm run exports` writes it", () => {
  const committed = readFileSync(EXPORTS_FILE, "utf8");
  const current = formatExports();
  expect(compareExports(committed, current)).toEqual([]);
  expect(committed).toBe(current);
});

it.each(listEntryPoints())("the values of $specifier are those that exist at run time", async ({ file }) => {
  const values = [...readExports(file)].filter(([, kind]) => kind === "value").map(([name]) => name);
  const module = (await import(file)) as object;
  expect(values.sort()).toEqual(Object.keys(module).sort());
});

it("relearn exports every type of its interface by name", () => {
  const face = fileURLToPath(new URL("../packages/server/src/relearn.ts", import.meta.url));
  const imported = [...readFileSync(face, "utf8").matchAll(/^import type \{([^}]*)\}/gm)].flatMap((match) =>
    match[1]!.split(",").map((name) => name.trim()),
  );
  const names = [...imported.filter((name) => name !== ""), ...readExports(face).keys()];
  expect(names.length).toBeGreaterThan(100);
  const exported = readExports(listEntryPoints()[0]!.file);
  expect(names.filter((name) => !exported.has(name))).toEqual([]);
});

it("reads every kind of export, and refuses one that it does not know", () => {
  const folder = mkdtempSync(join(tmpdir(), "relearn-exports-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  write("other.ts", "export const value = 1;\nexport type Kind = { a: 1 };\n");
  const file = write(
    "main.ts",
    `/** export const no = 1; */
// export const neither = 1;
export * from "./other.ts";
export {
  type First,
  second,
  third as fourth,
} from "./elsewhere.ts";
export type { Fifth } from "./elsewhere.ts";
export async function sixth({ a }: { a: number }) {}
export abstract class Seventh {}
export interface Eighth { readonly a: 1 }
export const ninth = { a: 1 };
`,
  );
  expect(Object.fromEntries(readExports(file))).toEqual({
    value: "value",
    Kind: "type",
    First: "type",
    second: "value",
    fourth: "value",
    Fifth: "type",
    sixth: "value",
    Seventh: "value",
    Eighth: "type",
    ninth: "value",
  });
  expect(Object.fromEntries(readExports(write("types.ts", 'export type * from "./other.ts";\n')))).toEqual({
    value: "type",
    Kind: "type",
  });
  expect(() => readExports(write("bad.ts", "export default 1;\n"))).toThrow("unknown export statement");
});

it("names what was added and removed", () => {
  expect(compareExports("a\n  one\n  type Two\n", "a\n  one\n\nb\n  type Two\n")).toEqual([
    "added: b: type Two",
    "removed: a: type Two",
  ]);
});
