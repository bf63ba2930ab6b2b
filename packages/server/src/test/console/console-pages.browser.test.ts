import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONSOLE_FOLDER } from "../../api/console-files.ts";
import { testInstallation } from "../test-installation.ts";
import { loopInFullSwing } from "./console-examples.ts";
import {
  type ConsoleWindow,
  launchChromium,
  openConsole,
  serveInstallation,
  takeScreenshot,
} from "./open-console.ts";

let browser: Browser;
let folder: string;

/** At a time: more only take turns on two processors. */
const WINDOWS = 3;
/** Some thirty pages in one visit each: seconds on a free machine, minutes on one that is busy. */
const MANY_PAGES_MS = 400_000;

beforeAll(async () => {
  browser = await launchChromium();
  folder = process.env["RELEARN_SCREENSHOTS"] ?? (await mkdtemp(join(tmpdir(), "relearn-console-")));
  console.log(`Screenshots of the console: ${folder}`);
});
afterAll(() => browser?.close());

/** Lists and settings: there with data and without. */
const everywhere = {
  overview: "/",
  review: "/review?agent=inbox_triage",
  disputed: "/review?agent=inbox_triage&view=disputed",
  approvals: "/approvals",
  rollouts: "/rollouts",
  examples: "/data/examples",
  sources: "/data/sources",
  conflicts: "/data/conflicts",
  queueStatistics: "/data/learning?agent=inbox_triage",
  imports: "/data/imports",
  bundles: "/bundles?agent=inbox_triage",
  compare: "/bundles/compare",
  judges: "/judges",
  jobs: "/jobs",
  audit: "/audit",
  notifications: "/settings/notifications",
  define: "/settings/agents/new",
  agents: "/settings/agents",
  agent: "/settings/agents/inbox_triage",
  policy: "/settings/policy",
  keys: "/settings/keys",
  keyboard: "/settings/keyboard",
};

/**
 * Looks at each page: what axe finds, what needs scrolling sideways at 380 px, and a screenshot of each. One
 * visit a page: schemes and widths change on the page that stands, and of the second scheme axe looks at the
 * contrasts alone, since nothing else differs. `says`: words that have to stand on a page. Some windows share
 * the pages: while one waits for its page, another looks at its own.
 */
async function inspect(
  address: string,
  pages: Readonly<Record<string, string>>,
  prefix: string,
  options: {
    readonly schemes: readonly ("light" | "dark")[];
    readonly says?: Readonly<Record<string, RegExp>>;
  },
) {
  const found: Record<string, string[]> = {};
  const note = (name: string, faults: readonly string[]) => {
    if (faults.length > 0) found[name] = [...(found[name] ?? []), ...faults];
  };
  const left = Object.entries(pages);
  const analysis = async (window: ConsoleWindow, name: string, path: string) => {
    const { page } = window;
    await window.go(path);
    const words = options.says?.[name];
    if (words !== undefined) await page.getByText(words).first().waitFor();
    for (const [at, colorScheme] of options.schemes.entries()) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: "attached" });
      note(`${name}, ${colorScheme}`, await window.violations(at === 0 ? "all" : "colours"));
      await takeScreenshot(page, folder, `${prefix}${name}-${colorScheme}`);
    }
    await page.setViewportSize({ width: 380, height: 740 });
    const overflow = await page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    if (overflow > 0) note(`${name}, 380 px`, [`${overflow} px too wide`]);
    if (options.schemes.length > 1) await takeScreenshot(page, folder, `${prefix}${name}-narrow`);
    await page.setViewportSize({ width: 1440, height: 900 });
  };
  const work = async () => {
    const window = await openConsole(browser, address, { person: "ben" });
    for (let next = left.shift(); next !== undefined; next = left.shift()) await analysis(window, ...next);
  };
  await Promise.all(Array.from({ length: WINDOWS }, work));
  return found;
}

describe("the console's pages", () => {
  it(
    "are accessible light and dark, and at 380 px, with the loop in full swing",
    async () => {
      const relearn = await testInstallation({ start: new Date() });
      const { first, second, approvalId, rolloutId } = await loopInFullSwing(relearn);
      const [added] = await relearn.audit.list({ kind: "examples.added" }, { limit: 1 });
      const found = await inspect(
        await serveInstallation(relearn),
        {
          ...everywhere,
          approval: `/approvals/${approvalId}`,
          rollout: `/rollouts/${rolloutId}`,
          "rollout-latency": `/rollouts/${rolloutId}?metric=latency`,
          bundle: `/bundles/${second}`,
          compare: `/bundles/compare?from=${first}&to=${second}`,
          explain: `/bundles/${second}/explain`,
          import: `/data/imports/${added?.sequence}`,
          judge: "/judges/careful?of=inbox_triage&label=safe&verdict=safe",
        },
        "",
        { schemes: ["light", "dark"], says: { import: /^\d+ new, \d+ duplicates/ } },
      );
      expect(found).toEqual({});
    },
    MANY_PAGES_MS,
  );

  it(
    "are accessible where there is nothing yet, and say what to do",
    async () => {
      const relearn = await testInstallation({ start: new Date() });
      const address = await serveInstallation(relearn);
      const says: Record<string, RegExp> = {
        overview: /No signals yet\. Import a file or run/,
        review: /No items wait/,
        approvals: /No bundle waits for approval\. Train a bundle/,
        rollouts: /No rollouts\. Approve a bundle first\./,
        judges: /No verdicts\. Send evaluation results/,
        imports: /Nothing imported yet\. Choose a file above/,
        examples: /No examples\. Import, or load all feeds\./,
        queueStatistics: /Not enough data for a line/,
        bundles: /No bundles\. 50 examples are enough to train one\./,
        jobs: /No runs yet\. First run: \d\d:\d\d/,
      };
      const pages = { ...everywhere, nowhere: "/nowhere" };
      expect(await inspect(address, pages, "empty-", { schemes: ["light"], says })).toEqual({});
    },
    MANY_PAGES_MS,
  );

  it("name the window, focus the heading, keep filters in the address, and come back to the same place", async () => {
    const relearn = await testInstallation({ start: new Date() });
    await loopInFullSwing(relearn);
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    await go("/data/examples?agent=inbox_triage&source=gold");
    expect(await page.title()).toBe("Examples · Data · Relearn");
    expect(await page.getByLabel("Source").inputValue()).toBe("gold");
    await page.locator("h1:focus").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export CSV" }).click();
    const lines = readFileSync(await (await download).path(), "utf8")
      .trim()
      .split("\n");
    const gold = (await relearn.examples.stats()).by_source["gold"];
    expect(lines).toHaveLength(1 + (gold ?? 0));
    expect(lines.slice(1).every((line) => line.includes(",gold,"))).toBe(true);
    await page.evaluate("window.scrollTo(0, 900)");
    const key = page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Bundles" });
    await key.click();
    await page.getByRole("heading", { level: 1, name: "Bundles" }).waitFor();
    expect(await page.locator("h1:focus").textContent()).toBe("Bundles");
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Data" }).waitFor();
    await expect.poll(() => page.evaluate("window.scrollY")).toBe(900);
    expect(new URL(page.url()).search).toBe("?agent=inbox_triage&source=gold");
  });

  it("show the numbers behind a chart, and read a point out by keys", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { rolloutId } = await loopInFullSwing(relearn);
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    await go(`/rollouts/${rolloutId}`);
    const chart = page.getByRole("figure", { name: /^E-values/ });
    await chart.getByRole("img").press("ArrowRight");
    await chart
      .getByText(/^Hours since the start .* harm, all measures [\d.]+/)
      .last()
      .waitFor();
    await chart.getByRole("button", { name: "Numbers" }).click();
    const download = page.waitForEvent("download");
    await chart.getByRole("button", { name: "CSV" }).click();
    const lines = readFileSync(await (await download).path(), "utf8")
      .trim()
      .split("\r\n");
    expect(lines[0]).toBe('"Hours since the start","harm, all measures","not worse","gain"');
    expect(await chart.getByRole("row").count()).toBe(lines.length);
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByText("Identical").waitFor();
  });
});

describe("the first page", () => {
  it("loads under 300 kB, gzipped", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    const loaded = new Set<string>();
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/assets/")) loaded.add(pathname.slice("/assets/".length));
    });
    await go("/");
    const assets = join(CONSOLE_FOLDER, "assets");
    const all = readdirSync(assets);
    const bytes = [...loaded].reduce((sum, name) => {
      expect(all).toContain(`${name}.gz`);
      return sum + statSync(join(assets, `${name}.gz`)).size;
    }, 0);
    console.log(`First page: ${(bytes / 1000).toFixed(0)} kB gzipped in ${loaded.size} files`);
    expect(loaded.size).toBeGreaterThan(2);
    expect(bytes).toBeLessThan(300_000);
  });
});
