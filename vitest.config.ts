import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { testFiles } from "./scripts/testing/test-files.ts";

// The database tests share one template database a run; the file that makes it.
const globalSetup = ["packages/server/src/test/global-setup.ts"].filter((file) => existsSync(file));
const serverUrl = process.env["RELEARN_TEST_DATABASE_URL"];

const project = (name: keyof typeof testFiles, test: object) => ({
  extends: true as const,
  test: { name, include: [...testFiles[name].include], exclude: [...testFiles[name].exclude], ...test },
});

export default defineConfig({
  test: {
    // Two cores on the smallest machine we support: more workers only fight each other.
    maxWorkers: 2,
    // Not a measure of speed: what hangs is ended, what a busy machine slows is not.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      project("unit", {}),
      project("embedded", { env: { RELEARN_TEST_DATABASE: "embedded" }, globalSetup }),
      // Where there is a server: `npm test` starts one.
      ...(serverUrl ? [project("server", { env: { RELEARN_TEST_DATABASE: "server" }, globalSetup })] : []),
      ...(process.env["RELEARN_TEST_CHROMIUM"]
        ? [project("browser", { env: { RELEARN_TEST_DATABASE: "embedded" }, globalSetup })]
        : []),
      ...(process.env["RELEARN_SOAK"]
        ? [
            project("soak", {
              env: { RELEARN_TEST_DATABASE: serverUrl ? "server" : "embedded" },
              globalSetup,
              testTimeout: 600_000,
            }),
          ]
        : []),
    ],
  },
});
