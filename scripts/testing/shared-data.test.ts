import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

describe("the shared data", () => {
  // `npm test` runs the tests that import shared-data.ts a second time without the data: see run-tests.ts.
  it("is found by shared-data.ts only", () => {
    const files = globSync(["packages/*/src/**/*.{ts,tsx}", "scripts/**/*.{ts,mjs}", "examples/**/*.ts"], {
      cwd: root,
      exclude: ["**/node_modules/**", "scripts/testing/shared-data.test.ts"],
    });
    const naming = files.filter((file) =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .some((line) => !/^\s*(\*|\/)/.test(line) && /RELEARN_SHARED_DATA|shared\/data\b(?!\.)/.test(line)),
    );
    expect(naming.sort()).toEqual(["scripts/testing/run-tests.ts", "scripts/testing/shared-data.ts"]);
  });
});
