import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { launchChromium, openConsole, serveInstallation } from "./open-console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

it("a list never jumps: what others bring waits behind a line, what one does oneself shows at once", async () => {
  const relearn = await testInstallation({ start: new Date() });
  await relearn.jobs.run("load_labeled_data", { actor: "ana" });
  const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });

  await go("/audit");
  const numbers = page.getByRole("rowheader");
  const before = await numbers.allTextContents();
  const top = await numbers.first().boundingBox();
  for (const key of ["first", "second", "third"]) {
    await relearn.examples.add(
      [{ agent: "inbox_triage", key, payload: { risk_score: 70 }, label: "safe", labeled_by: "ana" }],
      { actor: "ana" },
    );
  }
  const show = page.getByRole("status").getByRole("button", { name: "3 new. Show" });
  await show.waitFor();
  expect(await numbers.allTextContents()).toEqual(before);
  expect(await numbers.first().boundingBox()).toEqual(top);
  await show.click();
  await show.waitFor({ state: "detached" });
  const after = await numbers.allTextContents();
  expect(after.slice(3)).toEqual(before);
  expect(after[0]).toBe(`#${after.length}`);
  await page.locator("[data-testid=list]:focus").waitFor();

  // Another filter is another list.
  await page.getByLabel("Actor").fill("ana");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect.poll(() => numbers.allTextContents()).toEqual(after);
  expect(await page.getByRole("button", { name: /new\. Show/ }).count()).toBe(0);

  await go("/jobs");
  const runs = page.getByRole("table", { name: "Runs, newest first" }).getByRole("rowheader");
  await expect.poll(() => runs.count()).toBe(1);
  await page
    .getByRole("row", { name: /load_labeled_data/ })
    .getByRole("button", { name: /^Run now/ })
    .click();
  await expect.poll(() => runs.count()).toBe(2);
  expect(await page.getByRole("button", { name: /new\. Show/ }).count()).toBe(0);
});
