import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { seededRandom } from "../../numerics/random.ts";
import { testInstallation } from "../test-installation.ts";
import { activeBundle, hourOfTraffic } from "../traffic.ts";
import { hoursAgo, mailsToReview } from "./console-examples.ts";
import { launchChromium, openConsole, serveInstallation } from "./open-console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

it("the whole loop: labels by keys make a bundle, a second person releases it, it is promoted, then rolled back", async () => {
  const relearn = await testInstallation({ start: hoursAgo(60) });
  // Point estimates: promotion and rollback are then a matter of hours; the evidence has its own tests.
  await relearn.settings.set("rollout_policy.inbox_triage", { policy: "specification" }, { actor: "ana" });
  const active = await activeBundle(relearn);
  await mailsToReview(relearn, 3);
  const address = await serveInstallation(relearn);
  const ana = await openConsole(browser, address, { person: "ana" });

  await ana.go("/review?agent=inbox_triage");
  for (const [index, key] of ["2", "1", "2"].entries()) {
    await ana.page.getByRole("heading", { name: `thread-${index}` }).waitFor();
    await ana.page.keyboard.press(key);
  }
  await ana.page.getByText(/No items wait for you/).waitFor();

  await ana.page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Bundles" }).click();
  await ana.page.getByRole("button", { name: "Train" }).click();
  await ana.page.getByRole("button", { name: "Propose" }).click();
  await ana.page.getByText("You proposed this bundle. Someone else must approve it.").waitFor();
  const [pending] = await relearn.approvals.listPending();
  expect((await relearn.bundles.get(pending!.bundle_id)).bundle.sources_used).toContain("review");

  const ben = await openConsole(browser, address, { person: "ben" });
  await ben.go("/");
  await ben.page.getByRole("link", { name: `Approve ${pending!.bundle_id}` }).click();
  await ben.page.getByLabel("Rationale").fill("Three mails more, and it reads well.");
  await ben.page.getByRole("button", { name: "Approve", exact: true }).click();
  await ben.page.getByRole("button", { name: "Start at 10 %" }).click();
  await ben.page.getByRole("link", { name: /Canary 10 %/ }).click();
  await ben.page.getByRole("heading", { level: 1, name: pending!.bundle_id }).waitFor();

  const usual = { quality: 0.8, latencyMs: 200 };
  const random = seededRandom(3);
  for (let hour = 0; hour < 26; hour++) {
    await hourOfTraffic(relearn, 150, { active: usual, canary: { quality: 0.95, latencyMs: 200 } }, random);
  }
  await relearn.guard.nightlyGuardCheck();
  // Without a reload.
  await ben.page.getByText("Canary at 50 %").waitFor();

  for (let hour = 0; hour < 4; hour++) {
    await hourOfTraffic(relearn, 150, { active: usual, canary: { quality: 0.4, latencyMs: 200 } }, random);
  }
  await relearn.guard.nightlyGuardCheck();
  await ben.page.getByTestId("head").getByText("Rolled back", { exact: true }).waitFor();
  expect(await relearn.rollouts.release("inbox_triage")).toMatchObject({
    active_bundle_id: active,
    canary_bundle_id: null,
  });
});
