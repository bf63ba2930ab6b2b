import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { loopInFullSwing, mailsToReview } from "./console-examples.ts";
import { launchChromium, openConsole, serveInstallation } from "./open-console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** What does not fit: the page's width beyond the window, and controls that cut their own text off. */
const WHAT_IS_CUT = `(() => {
  const root = document.documentElement;
  const beyond = root.scrollWidth - root.clientWidth;
  const cut = [...document.querySelectorAll("button, .mantine-Button-label, .mantine-Badge-label, .mantine-NavLink-label, a, h1, h2, h3")]
    .filter((one) => one.checkVisibility() && !one.closest(".mantine-VisuallyHidden-root") && one.getAttribute("href") !== "#main")
    .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
    .filter((one) => getComputedStyle(one).overflow !== "visible")
    .map((one) => "cut: " + one.textContent.trim().slice(0, 60));
  return [...(beyond > 0 ? [beyond + " px too wide"] : []), ...cut];
})()`;

/** Notes each dash that a line on a canvas is drawn with. */
const NOTE_DASHES = `
  globalThis.drawn = [];
  const set = CanvasRenderingContext2D.prototype.setLineDash;
  CanvasRenderingContext2D.prototype.setLineDash = function (segments) {
    globalThis.drawn.push(JSON.stringify(segments));
    set.call(this, segments);
  };
`;

/** How the key of the first chart draws each series: its dash, where the line differs from the page at all. */
const DASHES = `Object.fromEntries(
  [...document.querySelector("[data-testid=chart-key]").querySelectorAll("li:has(line)")].map((one) => {
    const { stroke, strokeDasharray } = getComputedStyle(one.querySelector("line"));
    const seen = stroke !== getComputedStyle(document.body).backgroundColor;
    return [one.textContent.trim(), seen ? strokeDasharray : "unseen"];
  }))`;

async function inFullSwing() {
  const relearn = await testInstallation({ start: new Date() });
  const { approvalId, rolloutId } = await loopInFullSwing(relearn);
  const paths = [
    "/",
    "/review?agent=inbox_triage",
    `/approvals/${approvalId}`,
    `/rollouts/${rolloutId}`,
    "/bundles",
  ];
  return { address: await serveInstallation(relearn), paths, rolloutId };
}

const whatIsCut = (page: Page) => page.evaluate<string[]>(WHAT_IS_CUT);

describe("the console beyond what axe sees", () => {
  it("fits 320 px, text of twice the size, and keeps the arms apart in forced colours", async () => {
    const { address, paths, rolloutId } = await inFullSwing();
    const { page, go } = await openConsole(browser, address, { person: "ben" });
    const found: Record<string, string[]> = {};
    for (const path of paths) {
      await page.setViewportSize({ width: 320, height: 640 });
      await go(path);
      const narrow = await whatIsCut(page);
      if (narrow.length > 0) found[`${path} at 320 px`] = narrow;
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.evaluate('document.documentElement.style.fontSize = "200%"');
      const large = await whatIsCut(page);
      if (large.length > 0) found[`${path} at 200 %`] = large;
    }
    expect(found).toEqual({});

    await page.emulateMedia({ forcedColors: "active" });
    // What is drawn on the canvas, too: forced colours leave it as it is.
    await page.addInitScript(NOTE_DASHES);
    await go(`/rollouts/${rolloutId}`);
    await page.getByTestId("chart-key").first().waitFor();
    expect(await page.evaluate(DASHES)).toMatchObject({ active: "none", canary: "6px, 4px" });
    expect(await page.evaluate("globalThis.drawn")).toEqual(expect.arrayContaining(["[6,4]", "[]"]));
  });

  it("announces a stored label, and offers to load a failed list again", async () => {
    const relearn = await testInstallation({ start: new Date() });
    await mailsToReview(relearn, 2);
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ana" });
    await go("/review?agent=inbox_triage");
    await page.getByRole("heading", { name: "thread-0" }).waitFor();
    const spoken = page.locator("[aria-live=polite]");
    // There before it speaks: what comes with its text is not read out everywhere.
    const before = await spoken.count();
    expect(await spoken.filter({ hasText: "Quarantine" }).count()).toBe(0);
    await page.keyboard.press("2");
    await spoken.filter({ hasText: /you Quarantine/i }).waitFor();
    expect(await spoken.count()).toBe(before);

    const detail = "the database does not answer. Run `relearn doctor`.";
    await page.route(/\/v1\/approvals/, (route) =>
      route.fulfill({
        status: 500,
        contentType: "application/problem+json",
        body: JSON.stringify({ type: "about:blank", title: "", status: 500, code: "internal", detail }),
      }),
    );
    await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Approvals" }).click();
    const failed = page.getByRole("alert").filter({ hasText: `Approvals not loaded: ${detail}` });
    await failed.waitFor();
    await page.unroute(/\/v1\/approvals/);
    await failed.getByRole("button", { name: "Try again" }).click();
    await page.getByText("No bundle waits for approval.").waitFor();
  });
});
