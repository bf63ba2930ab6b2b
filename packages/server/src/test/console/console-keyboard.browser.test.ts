import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { addExamples } from "../traffic.ts";
import { mailsToReview, runningCanary } from "./console-examples.ts";
import { launchChromium, openConsole, serveInstallation } from "./open-console.ts";

const AGENT = "inbox_triage";
/** No page has so many stops. */
const MAX_TAB_STOPS = 150;

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** Where the focus is: the element, and whether one sees that it has the focus. */
const FOCUSED = `(() => {
  const one = document.activeElement;
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const wrapped = one.closest(".mantine-Input-wrapper") ? getComputedStyle(one).borderColor : "";
  return {
    name: one.tagName + " " + (one.getAttribute("aria-label") ?? one.textContent ?? "").trim().slice(0, 40),
    isPage: one === document.body || one === document.documentElement,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 || wrapped !== "",
  };
})()`;

interface Focused {
  readonly name: string;
  readonly isPage: boolean;
  readonly seen: boolean;
  readonly marked: boolean;
}

/** Presses Tab until the locator has the focus; each stop on the way is in sight and marked. */
async function tabTo(page: Page, to: Locator): Promise<void> {
  await to.waitFor();
  const passed: string[] = [];
  for (let stop = 0; stop < MAX_TAB_STOPS; stop++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate<Focused>(FOCUSED);
    passed.push(focused.name);
    if (!focused.isPage) expect(focused, passed.join(" > ")).toMatchObject({ seen: true, marked: true });
    if ((await to.and(page.locator(":focus")).count()) > 0) return;
  }
  throw new Error(`Tab does not reach it: ${passed.join(" > ")}`);
}

describe("the console without a mouse", () => {
  it("goes from sign-in through label, approval and rollback, the focus always in sight", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { canary, rolloutId } = await runningCanary(relearn, { quality: 0.8, latencyMs: 200 }, 2);
    await mailsToReview(relearn, 2);
    await addExamples(relearn, 60, 3);
    const next = await relearn.bundles.create(AGENT, { actor: "ana" });
    await relearn.approvals.propose(AGENT, next.bundle_id, { proposer: "ana" });
    await relearn.access.createKey({ person: "root", role: "admin" }, { actor: "root" });
    const { secret } = await relearn.access.createKey({ person: "ben", role: "approver" }, { actor: "root" });
    const { page, address } = await openConsole(browser, await serveInstallation(relearn), {});
    const press = (key: string) => page.keyboard.press(key);
    const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });

    await page.goto(address);
    await tabTo(page, page.getByLabel("Key"));
    await page.keyboard.type(secret);
    await press("Enter");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

    // The first stop skips to the page.
    await page.locator("h1:focus").waitFor();
    await tabTo(page, page.getByRole("link", { name: "Skip to content" }));
    await press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");

    // Approve what waits for me.
    await tabTo(page, page.getByRole("link", { name: `Approve ${next.bundle_id}` }));
    await press("Enter");
    await tabTo(page, page.getByLabel("Rationale"));
    await page.keyboard.type("Better on what it has not seen.");
    await tabTo(page, button("Approve"));
    await press("Enter");
    await button("Start at 10 %").waitFor();
    expect((await relearn.approvals.list({ agent: AGENT, status: "approved" }, 10)).length).toBe(1);
    // The button is gone; the focus is not.
    await page.locator("h1:focus").waitFor();

    // Label what waits.
    await tabTo(page, page.getByRole("link", { name: /^Review/ }));
    await press("Enter");
    await page.getByRole("heading", { name: "thread-0" }).waitFor();
    await press("2");
    await page.getByRole("heading", { name: "thread-1" }).waitFor();
    await press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts in Review" }).waitFor();
    await press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });

    // Roll the canary back: the chip is in the bar, the question has its answer in focus.
    await tabTo(page, page.getByRole("banner").getByRole("link", { name: /Canary 10 %/ }));
    await press("Enter");
    await page.getByRole("heading", { level: 1, name: canary }).waitFor();
    await tabTo(page, button("Roll back"));
    await press("Enter");
    await page.getByRole("dialog", { name: `Roll back ${AGENT}?` }).waitFor();
    await press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await expect.poll(() => page.evaluate("document.activeElement.textContent")).toBe("Roll back");
    await press("Enter");
    await expect.poll(() => page.evaluate("document.activeElement.textContent")).toMatch(/^Roll back to b_/);
    await press("Enter");
    await page.getByText("Rolled back", { exact: true }).waitFor();
    expect((await relearn.rollouts.get(rolloutId)).rollout.state).toBe("rolled_back");
    await page.locator("h1:focus").waitFor();
  });

  it("has no trap: Tab goes round every page and comes back to its beginning", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { rolloutId } = await runningCanary(relearn, { quality: 0.8, latencyMs: 200 }, 2);
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    for (const path of ["/", `/rollouts/${rolloutId}`, "/data/imports", "/settings/policy", "/jobs"]) {
      await go(path);
      await page.evaluate("document.activeElement.blur()");
      const seen: string[] = [];
      let skips = 0;
      for (let stop = 0; stop < MAX_TAB_STOPS && skips < 2; stop++) {
        await page.keyboard.press("Tab");
        const { name } = await page.evaluate<Focused>(FOCUSED);
        seen.push(name);
        if (name === "A Skip to content") skips += 1;
      }
      expect(skips, `${path}: ${seen.join(" > ")}`).toBe(2);
    }
  });

  it("tells the keys on every page", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    for (const path of ["/", "/bundles", "/audit", "/settings/agents"]) {
      await go(path);
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
    }
    // A question mark in a field is text.
    await page.goto(page.url().replace("/settings/agents", "/audit"));
    await page.getByLabel("Actor").fill("");
    await page.getByLabel("Actor").press("?");
    expect(await page.getByRole("dialog").count()).toBe(0);
  });
});
