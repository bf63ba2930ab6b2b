import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const page = readFileSync(join(root, "docs/specification-coverage.md"), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| row |"))
  .map((line) => {
    const [row = "", , tests = ""] = line.slice(2, -2).split(" | ");
    return { row, tests: tests.split("<br>").map((one) => /^`([^`]+)` > (.+)$/.exec(one)) };
  });

describe("docs/specification-coverage.md", () => {
  it("has a part for every part of the specification", () => {
    expect(page.match(/^## .*/gm)).toHaveLength(16);
    expect(rows.length).toBeGreaterThan(60);
  });

  it.each(rows)("$row: its tests are where the table says", ({ tests }) => {
    expect(tests.length).toBeGreaterThan(0);
    for (const found of tests) {
      expect(found).not.toBeNull();
      const [, file = "", name = ""] = found!;
      const source = readFileSync(join(root, file), "utf8");
      // The name as a whole literal, so that renaming a test fails this check.
      const quoted = ['"', "'", "`"].some((quote) => source.includes(quote + name + quote));
      expect(quoted, `${file} has no test "${name}"`).toBe(true);
    }
  });
});
