import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { loopInFullSwing } from "./console-examples.ts";
import { launchChromium, openConsole, serveInstallation } from "./open-console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** What a page reads, without the session and the stream that every page has. */
const WHAT_IT_READS = /\/v1\/(?!changes|session$)/;
/** Windows at a time. */
const AT_ONCE = 4;

const answer = (status: number, detail: string) => ({
  status,
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank", title: "", status, code: "internal", detail }),
});

/** Every page that reads something, with data on each. */
async function everyPage() {
  const relearn = await testInstallation({ start: new Date() });
  const { first, second, approvalId, rolloutId } = await loopInFullSwing(relearn);
  const [item] = await relearn.reviewItems.list({ agent: "inbox_triage" }, { limit: 1 }, { actor: "ben" });
  await relearn.jobs.run("load_labeled_data", { actor: "ben" });
  const paths = [
    "/",
    "/review?agent=inbox_triage",
    "/review?agent=inbox_triage&view=disputed",
    `/review/${item!.item_id}`,
    "/approvals",
    `/approvals/${approvalId}`,
    "/rollouts",
    `/rollouts/${rolloutId}`,
    "/data/examples",
    "/data/sources",
    "/data/conflicts",
    "/data/learning?agent=inbox_triage",
    "/data/imports",
    "/bundles",
    `/bundles/${second}`,
    `/bundles/compare?from=${first}&to=${second}`,
    `/bundles/${second}/explain`,
    "/judges",
    "/judges/careful?of=inbox_triage",
    "/jobs",
    "/jobs/1",
    "/audit",
    "/settings/agents",
    "/settings/agents/inbox_triage",
    "/settings/policy",
    "/settings/keys",
    "/settings/notifications",
  ];
  return { paths, address: await serveInstallation(relearn) };
}

/** Looks at each page in some window; tells which fell short of it, and how. */
async function expectOnEachPage(
  address: string,
  paths: readonly string[],
  analysis: (page: Page, path: string) => Promise<void>,
): Promise<Record<string, string>> {
  const left = [...paths];
  const found: Record<string, string> = {};
  const work = async (): Promise<void> => {
    const { page } = await openConsole(browser, address, { person: "ben" });
    page.setDefaultTimeout(20_000);
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      try {
        await analysis(page, path);
      } catch (error) {
        found[path] = error instanceof Error ? error.message.slice(0, 500) : String(error);
      }
      await page.unrouteAll({ behavior: "ignoreErrors" });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

describe("every page", () => {
  it("shows its heading at once and that it loads, then what is not loaded and why, and has it after another try", async () => {
    const { paths, address } = await everyPage();
    const detail = "the database does not answer. Run `relearn doctor`.";
    const found = await expectOnEachPage(address, paths, async (page, path) => {
      let answerNow = (): void => {};
      const slow = new Promise<void>((resolve) => {
        answerNow = resolve;
      });
      await page.route(WHAT_IT_READS, async (route) => {
        await slow;
        await route.fulfill(answer(403, detail)).catch(() => {});
      });
      await page.goto(address + path);
      await page.locator("h1").first().waitFor();
      await page.locator('[aria-busy="true"] .mantine-Skeleton-root').first().waitFor();
      answerNow();
      const failed = page.getByRole("alert").filter({ hasText: `not loaded: ${detail}` });
      await failed.first().waitFor();
      await page.unroute(WHAT_IT_READS);
      // One press for each region; what it brings may be a region's parts.
      for (let count = await failed.count(); count > 0; count = await failed.count()) {
        // A region whose data another region has loaded meanwhile has no button any more.
        const retry = failed.first().getByRole("button", { name: "Try again" });
        await retry.click({ timeout: 5000 }).catch(() => {});
        await expect.poll(() => failed.count(), { timeout: 20_000 }).toBeLessThan(count);
      }
      await page.locator('[aria-busy="true"]').first().waitFor({ state: "detached" });
      expect(await page.getByRole("alert").allTextContents()).toEqual([]);
    });
    expect(found).toEqual({});
  }, 240_000);

  it("leads back to its list where the thing is not there", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    for (const [path, list] of [
      ["/rollouts/ro_gone", "All rollouts"],
      ["/approvals/ap_gone", "All approvals"],
      ["/bundles/b_gone", "All bundles"],
      ["/jobs/404", "All jobs"],
      ["/judges/nobody", "All judges"],
      ["/settings/agents/nobody", "All agents"],
    ] as const) {
      await go(path);
      await page.locator("main").getByRole("link", { name: list }).waitFor();
    }
  });

  it("says that the service is gone, keeps what it showed, and goes on when it is back", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { second } = await loopInFullSwing(relearn);
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    await go("/bundles");
    await page.getByRole("link", { name: second }).waitFor();
    await page.context().setOffline(true);
    await page.getByText(/^Not connected since .* Run `relearn serve`/).waitFor();
    await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Audit" }).click();
    await page.getByText("The page comes as soon as the service answers.").waitFor();
    await page.goBack();
    await page.getByRole("link", { name: second }).waitFor();
    await page.context().setOffline(false);
    await page.getByText(/^Not connected since/).waitFor({ state: "detached" });
    await page.goForward();
    await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
  });

  it("shows the refusal of an act in its place, and keeps the text", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { approvalId } = await loopInFullSwing(relearn);
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    await go(`/approvals/${approvalId}`);
    const detail = "The active bundle changed since. Propose again.";
    await page.route(/\/approval$/, (route) => route.fulfill(answer(409, detail)));
    await page.getByLabel("Rationale").fill("Looks good.");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page
      .getByRole("alert")
      .filter({ hasText: `Not decided: ${detail}` })
      .waitFor();
    expect(await page.getByLabel("Rationale").inputValue()).toBe("Looks good.");
  });
});
