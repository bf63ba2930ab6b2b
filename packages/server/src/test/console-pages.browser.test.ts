import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleHistory } from "./console-examples.ts";
import { launchChromium, openConsole, serveInstallation, takeScreenshot } from "./open-console.ts";
import { testInstallation } from "./test-installation.ts";

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await launchChromium();
  folder = process.env["RELEARN_SCREENSHOTS"] ?? (await mkdtemp(join(tmpdir(), "relearn-console-")));
  console.log(`Screenshots of the console: ${folder}`);
});
afterAll(() => browser?.close());

const emptyPages = [
  "/",
  "/approvals",
  "/bundles",
  "/bundles/compare",
  "/audit",
  "/settings/agents",
  "/nowhere",
];

describe.each(["light", "dark"] as const)("the console's pages, %s", (colours) => {
  it("are accessible, and say what they show", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { first, second, approvalId } = await bundleHistory(relearn);
    const address = await serveInstallation(relearn);
    const window = await openConsole(browser, address, { person: "ben", colours });
    const pages: Record<string, string> = {
      overview: "/",
      approvals: "/approvals",
      approval: `/approvals/${approvalId}`,
      bundles: "/bundles?agent=inbox_triage",
      bundle: `/bundles/${second}`,
      compare: `/bundles/compare?from=${first}&to=${second}`,
      explain: `/bundles/${second}/explain`,
      audit: "/audit",
      agents: "/settings/agents",
      agent: "/settings/agents/inbox_triage",
      policy: "/settings/policy",
      keys: "/settings/keys",
      keyboard: "/settings/keyboard",
    };
    const found: Record<string, string[]> = {};
    for (const [name, path] of Object.entries(pages)) {
      await window.go(path);
      const violations = await window.violations();
      if (violations.length > 0) found[name] = violations;
      await takeScreenshot(window.page, folder, `${name}-${colours}`);
    }
    expect(found).toEqual({});
  });

  it("are accessible where there is nothing yet", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const window = await openConsole(browser, await serveInstallation(relearn), { person: "ben", colours });
    const found: Record<string, string[]> = {};
    for (const path of emptyPages) {
      await window.go(path);
      const violations = await window.violations();
      if (violations.length > 0) found[path] = violations;
      await takeScreenshot(window.page, folder, `empty-${path.replaceAll("/", "-")}-${colours}`);
    }
    expect(found).toEqual({});
  });
});

describe("the console at 380 px", () => {
  it("needs no scrolling sideways", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { second, approvalId } = await bundleHistory(relearn);
    const window = await openConsole(browser, await serveInstallation(relearn), {
      person: "ben",
      width: 380,
      height: 740,
    });
    const wide: string[] = [];
    for (const path of [
      "/",
      `/approvals/${approvalId}`,
      `/bundles/${second}`,
      "/audit",
      "/settings/policy",
    ]) {
      await window.go(path);
      const overflow = await window.page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      if (overflow > 0) wide.push(`${path}: ${overflow} px`);
      await takeScreenshot(window.page, folder, `narrow${path.replaceAll("/", "-")}`);
    }
    expect(wide).toEqual([]);
  });
});
