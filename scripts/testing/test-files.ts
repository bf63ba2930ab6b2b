/**
 * Projects of the tests, by the name of the file. Features are tested in `packages/server/src/test/`, on
 * both databases; `*.server.test.ts` (concurrency, crashes) needs a server and `*.embedded.test.ts` the
 * embedded one; `*.browser.test.ts` needs Chromium; `*.soak.test.ts` takes long and runs in `npm run soak`
 * only; everything else is a unit test.
 */
const databaseTests = "packages/server/src/test/**/*.test.ts";
const browserTests = ["packages/*/src/**/*.browser.test.ts", "examples/**/*.browser.test.ts"];
const soakTests = ["packages/*/src/**/*.soak.test.ts", "scripts/**/*.soak.test.ts"];
const never = ["**/node_modules/**", "**/dist/**"];

export const testFiles = {
  unit: {
    include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: [...never, databaseTests, ...browserTests, ...soakTests],
  },
  embedded: {
    include: [databaseTests],
    exclude: [...never, "**/*.server.test.ts", ...browserTests, ...soakTests],
  },
  server: {
    include: [databaseTests],
    exclude: [...never, "**/*.embedded.test.ts", ...browserTests, ...soakTests],
  },
  browser: { include: browserTests, exclude: never },
  soak: { include: soakTests, exclude: never },
} as const satisfies Record<string, { include: readonly string[]; exclude: readonly string[] }>;

export type TestProject = keyof typeof testFiles;
