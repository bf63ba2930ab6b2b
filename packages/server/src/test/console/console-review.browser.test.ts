import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOUR_MS } from "../../clock.ts";
import { testInstallation } from "../test-installation.ts";
import { mailsToReview } from "./console-examples.ts";
import { launchChromium, openConsole, serveInstallation, serveStoppable } from "./open-console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const REVIEW = "/review?agent=inbox_triage";

async function reviewing(count: number, reviewsNeeded = 1) {
  const relearn = await testInstallation({ start: new Date() });
  await mailsToReview(relearn, count, reviewsNeeded);
  const address = await serveInstallation(relearn);
  const labels = async () =>
    (await relearn.examples.list({ source: "review" }, { limit: 100 })).map(
      ({ key, label, labeled_by, notes }) => ({
        key,
        label,
        labeled_by,
        notes,
      }),
    );
  return { relearn, address, labels };
}

describe("Review by keys", () => {
  it("labels blind, reveals, undoes, skips with a reason, comments", async () => {
    const { address, labels, relearn } = await reviewing(5);
    const { page, go } = await openConsole(browser, address, { person: "ana" });
    await go(REVIEW);
    await page.getByRole("heading", { name: "thread-0" }).waitFor();
    // Blind: nothing of what judges said has reached the browser.
    expect(await page.content()).not.toContain("gpt-4");
    expect(await page.getByText("Judges disagree (entropy 0.90).").count()).toBeGreaterThan(0);
    // Text, never markup; what cannot be seen is marked.
    expect(await page.getByText("<script>alert(1)</script>").count()).toBe(1);
    expect(await page.getByText("U+200B").count()).toBe(1);

    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "thread-1" }).waitFor();
    expect(await labels()).toMatchObject([{ key: "thread-0", label: "quarantine", labeled_by: "ana" }]);
    await page.keyboard.press("v");
    await page.getByRole("cell", { name: "80" }).waitFor();

    await page.keyboard.press("u");
    await page.getByRole("heading", { name: "thread-0" }).waitFor();
    expect(await labels()).toEqual([]);

    // With a comment a digit chooses; Ctrl + Enter sends, also out of the field; digits in it are text.
    await page.keyboard.press("c");
    await page.keyboard.type("seen 2 times");
    await page.keyboard.press("Escape");
    await page.keyboard.press("1");
    await page.getByRole("button", { name: "Send safe" }).waitFor();
    await page.keyboard.press("Control+Enter");
    await page.getByRole("heading", { name: "thread-1" }).waitFor();
    expect(await labels()).toMatchObject([{ key: "thread-0", label: "safe", notes: "seen 2 times" }]);

    await page.keyboard.press("s");
    await page.getByRole("button", { name: "Missing data" }).waitFor();
    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "thread-2" }).waitFor();
    expect(
      await relearn.reviewItems.list({ state: "skipped" }, { limit: 10 }, { actor: "ana" }),
    ).toMatchObject([{ task_key: "thread-1" }]);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts in Review" }).waitFor();
    // Dead in dialogs.
    await page.keyboard.press("1");
    await page.keyboard.press("Escape");
    expect((await labels()).length).toBe(1);
  });

  it("gives two reviewers different items", async () => {
    const { address, labels } = await reviewing(4);
    const ana = await openConsole(browser, address, { person: "ana" });
    const ben = await openConsole(browser, address, { person: "ben" });
    await ana.go(REVIEW);
    await ana.page.getByRole("heading", { name: "thread-0" }).waitFor();
    await ben.go(REVIEW);
    await ben.page.getByRole("heading", { name: "thread-1" }).waitFor();
    await ana.page.keyboard.press("1");
    await ben.page.keyboard.press("2");
    await ana.page.getByRole("heading", { name: /thread-[23]/ }).waitFor();
    await ben.page.getByRole("heading", { name: /thread-[23]/ }).waitFor();
    expect(await labels()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: "thread-0", label: "safe", labeled_by: "ana" }),
        expect.objectContaining({ key: "thread-1", label: "quarantine", labeled_by: "ben" }),
      ]),
    );
  });

  it("keeps a draft over a reload", async () => {
    const { address } = await reviewing(2);
    const { page, go } = await openConsole(browser, address, { person: "ana" });
    await go(REVIEW);
    await page.getByLabel("Comment").fill("half a thought");
    await page.reload();
    await page.getByRole("heading", { name: "thread-0" }).waitFor();
    expect(await page.getByLabel("Comment").inputValue()).toBe("half a thought");
  });

  it("sends again by itself where a lapsed lease left the item free", async () => {
    const { address, labels, relearn } = await reviewing(2);
    const { page, go } = await openConsole(browser, address, { person: "ana" });
    await go(REVIEW);
    await page.getByRole("heading", { name: "thread-0" }).waitFor();
    relearn.clock.advance(HOUR_MS);
    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "thread-1" }).waitFor();
    expect(await labels()).toMatchObject([{ key: "thread-0", label: "quarantine", labeled_by: "ana" }]);
  });

  it("gives the text back where another reviewer took the item after the lease", async () => {
    const { address, labels, relearn } = await reviewing(2);
    const { page, go } = await openConsole(browser, address, { person: "ana" });
    await go(REVIEW);
    await page.getByLabel("Comment").fill("my long thought");
    relearn.clock.advance(HOUR_MS);
    const [taken] = await relearn.reviewLeases.claim("inbox_triage", { actor: "ben" });
    await relearn.review.label(taken!.item_id, "safe", { actor: "ben", leaseToken: taken!.lease!.token! });
    await page.getByLabel("Comment").press("Escape");
    await page.keyboard.press("2");
    await page.keyboard.press("Control+Enter");
    await page.getByText("Your answer was not sent; your text is below.").waitFor();
    expect(await page.getByLabel("Your text").inputValue()).toBe("my long thought");
    expect(await labels()).toMatchObject([{ label: "safe", labeled_by: "ben" }]);
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("heading", { name: "thread-1" }).waitFor();
  });

  it("loses no label while the service is away", async () => {
    const { address, labels, relearn } = await reviewing(3);
    const { page, go } = await openConsole(browser, address, { person: "ana" });
    await go(REVIEW);
    await page.getByRole("heading", { name: "thread-0" }).waitFor();
    await page.context().setOffline(true);
    await page.keyboard.press("2");
    await page.getByText("1 not sent").waitFor();
    expect(await labels()).toEqual([]);
    await page.context().setOffline(false);
    await page.getByRole("heading", { name: "thread-1" }).waitFor();
    expect(await labels()).toMatchObject([{ key: "thread-0", label: "quarantine", labeled_by: "ana" }]);
    expect((await relearn.audit.list({ kind: "review.labeled" }, { limit: 10 })).length).toBeLessThanOrEqual(
      1,
    );
  });

  it("keeps what one writes over a restart of the service, and sends it then", async () => {
    const { labels, relearn } = await reviewing(2);
    const first = await serveStoppable(relearn);
    const { page, go } = await openConsole(browser, first.address, { person: "ana" });
    await go(REVIEW);
    await page.getByLabel("Comment").fill("half a thought");
    await first.stop();
    await page
      .getByText(/^Not connected/)
      .first()
      .waitFor();
    await page.getByLabel("Comment").press("Escape");
    await page.keyboard.press("2");
    await page.keyboard.press("Control+Enter");
    await page.getByText("1 not sent").waitFor();
    expect(await page.getByLabel("Comment").inputValue()).toBe("half a thought");
    await serveInstallation(relearn, Number(new URL(first.address).port));
    await page.getByRole("heading", { name: "thread-1" }).waitFor();
    expect(await labels()).toMatchObject([{ key: "thread-0", label: "quarantine", notes: "half a thought" }]);
  });

  it("fills an empty queue in place, where there is something to ask about", async () => {
    const { address } = await reviewing(0);
    const { page, go } = await openConsole(browser, address, { person: "ana" });
    await go(REVIEW);
    await page.getByRole("button", { name: "Sample now" }).click();
    await page.getByText("0 items added to the queue.").waitFor();
  });

  it("works at 380 px: labels at 44 px or more, in sight", async () => {
    const { address, labels } = await reviewing(2);
    const { page, go } = await openConsole(browser, address, { person: "ana", width: 380, height: 740 });
    await go(REVIEW);
    const button = page.getByRole("button", { name: "quarantine" });
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Comment" }).click();
    await page.getByLabel("Comment").fill("from the train");
    await page.getByLabel("Comment").fill("");
    const box = await button.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
    expect((box?.y ?? 1000) + (box?.height ?? 0)).toBeLessThanOrEqual(740);
    await button.click();
    await page.getByRole("heading", { name: "thread-1" }).waitFor();
    expect(await labels()).toMatchObject([{ label: "quarantine" }]);
  });
});

describe("Disputed items", () => {
  it("are settled by a third person, names hidden until then", async () => {
    const { address, labels, relearn } = await reviewing(1, 2);
    for (const [actor, label] of [
      ["ana", "safe"],
      ["ben", "quarantine"],
    ] as const) {
      const [item] = await relearn.reviewLeases.claim("inbox_triage", { actor });
      await relearn.review.label(item!.item_id, label, { actor, leaseToken: item!.lease!.token! });
    }
    const { page, go } = await openConsole(browser, address, { person: "cleo" });
    await go("/review?agent=inbox_triage&view=disputed");
    await page.getByRole("heading", { name: "thread-0" }).waitFor();
    expect(await page.getByText("ben").count()).toBe(0);
    await page.getByLabel("Rationale").fill("The link decides.");
    await page.getByRole("button", { name: "quarantine" }).click();
    await page.getByText("thread-0 is resolved: quarantine.").waitFor();
    expect(await labels()).toMatchObject([{ key: "thread-0", label: "quarantine" }]);
  });
});
