import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { bundleHistory } from "./console-examples.ts";
import { launchChromium, openConsole, serveInstallation } from "./open-console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

describe("approving in the console", () => {
  it("is not for who proposed; a second person approves and starts the canary", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { second, approvalId } = await bundleHistory(relearn);
    const address = await serveInstallation(relearn);

    const ana = await openConsole(browser, address, { person: "ana" });
    await ana.go(`/approvals/${approvalId}`);
    expect(await ana.page.getByText("You proposed this bundle. Someone else must approve it.").count()).toBe(
      1,
    );
    expect(await ana.page.getByRole("button", { name: "Approve", exact: true }).isDisabled()).toBe(true);

    const ben = await openConsole(browser, address, { person: "ben" });
    await ben.go("/");
    await ben.page.getByRole("link", { name: `Approve ${second}` }).click();
    await ben.page.getByLabel("Rationale").fill("The threshold moves by two points; fine.");
    await ben.page.getByRole("button", { name: "Approve", exact: true }).click();
    await ben.page.getByRole("button", { name: "Start at 10 %" }).click();
    await ben.page.getByText("Applied", { exact: true }).waitFor();
    expect(await relearn.approvals.get(approvalId)).toMatchObject({
      status: "applied",
      approver: "ben",
      rationale: "The threshold moves by two points; fine.",
    });
    const release = await relearn.rollouts.release("inbox_triage");
    expect(release).toMatchObject({ canary_bundle_id: second, canary_basis_points: 1000 });

    // What ben did shows in ana's window without a reload.
    await ana.page.getByText("Applied", { exact: true }).waitFor();
  });

  it("in full asks for the agent's name first", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { second, approvalId } = await bundleHistory(relearn);
    await relearn.approvals.approve(approvalId, { approver: "ben", rationale: "Fine." });
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
    await go(`/approvals/${approvalId}`);
    await page.getByRole("button", { name: "Deploy to 100 %" }).click();
    const dialog = page.getByRole("dialog", { name: `Deploy ${second} to 100 % without a canary?` });
    expect(await page.locator("button:focus").textContent()).toBe("Cancel");
    expect(await dialog.getByRole("button", { name: "Deploy to 100 %" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Type inbox_triage").fill("inbox_triage");
    await dialog.getByRole("button", { name: "Deploy to 100 %" }).click();
    await dialog.waitFor({ state: "hidden" });
    await expect
      .poll(async () => (await relearn.rollouts.release("inbox_triage")).active_bundle_id)
      .toBe(second);
  });

  it("has somebody else look at what one person did alone", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { approvalId } = await bundleHistory(relearn);
    const address = await serveInstallation(relearn);
    const ana = await openConsole(browser, address, { person: "ana" });
    await ana.go(`/approvals/${approvalId}`);
    await ana.page.getByRole("button", { name: "Break glass" }).click();
    const dialog = ana.page.getByRole("dialog", { name: "Break glass: approve without a second person?" });
    await dialog.getByLabel("Reason").fill("Nobody else is awake.");
    await dialog.getByLabel("Type break glass").fill("break glass");
    await dialog.getByRole("button", { name: "Approve without review" }).click();
    await ana.page.getByRole("button", { name: "Start at 10 %" }).waitFor();

    const ben = await openConsole(browser, address, { person: "ben" });
    await ben.go("/");
    await ben.page.getByRole("link", { name: "Review the override by ana" }).click();
    await ben.page.getByText("Nobody else is awake.").waitFor();
    expect(await ben.page.getByRole("button", { name: "Uphold" }).isDisabled()).toBe(true);
    await ben.page.getByLabel("Finding").fill("The numbers speak for it.");
    await ben.page.getByRole("button", { name: "Uphold" }).click();
    await ben.page.getByLabel("Finding").waitFor({ state: "detached" });
    expect(await relearn.overrides.list({ agent: undefined, open: undefined }, 10)).toMatchObject([
      { actor: "ana", reviewed_by: "ben", finding: "upheld", notes: "The numbers speak for it." },
    ]);
  });

  it("acts under the name that was picked, and writes the change down", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { page, go } = await openConsole(browser, await serveInstallation(relearn), { person: "ana" });
    await go("/audit");
    await page.getByRole("button", { name: "Acting as ana" }).click();
    await page.getByLabel("Name").fill("Zoë Müller");
    await page.getByRole("button", { name: "Use this name" }).click();
    await page.getByRole("button", { name: "Acting as Zoë Müller" }).waitFor();
    expect(await relearn.audit.list({}, { limit: 5 })).toMatchObject([
      { kind: "session.acting_as", actor: "Zoë Müller", actor_kind: "asserted", detail: { from: "ana" } },
    ]);
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("Chain intact to #1.").waitFor();
  });
});
