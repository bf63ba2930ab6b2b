import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Role } from "@relearn/contract";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { bundleHistory } from "./console-examples.ts";
import { type ConsoleWindow, launchChromium, openConsole, serveInstallation } from "./open-console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

async function createKeyFor(relearn: TestInstallation, person: string, role: Role): Promise<string> {
  return (await relearn.access.createKey({ person, role }, { actor: "root" })).secret;
}

async function signIn({ page }: ConsoleWindow, key: string): Promise<void> {
  await page.getByLabel("Key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe("the console", () => {
  it("makes the first key, which closes the service to everybody else", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const address = await serveInstallation(relearn);
    const ana = await openConsole(browser, address, { person: "ana" });
    const ben = await openConsole(browser, address, { person: "ben" });
    await ben.go("/");
    await ana.go("/settings/keys");
    await ana.page.getByText("No keys. Create one before others connect").waitFor();
    await ana.page.getByText("Open on this machine: no key exists.").waitFor();
    await ana.page.getByRole("button", { name: "Create the first key" }).click();
    expect(await ana.page.getByLabel("Person").inputValue()).toBe("ana");
    expect(await ana.page.getByLabel("Role").isDisabled()).toBe(true);
    await ana.page.getByRole("button", { name: "Create key" }).click();
    const secret = (await ana.page.getByTestId("secret").textContent()) ?? "";
    expect(secret).toMatch(/^rl_[a-z0-9]{10}_[A-Za-z0-9]{43}$/);
    await ana.page.getByRole("button", { name: "Done, I saved it" }).click();
    await ana.page.getByRole("banner").getByText("ana, admin", { exact: true }).waitFor();
    await ana.page.getByRole("cell", { name: "ana, admin" }).waitFor();
    expect(await ana.page.getByText(secret).count()).toBe(0);
    expect(await ana.page.getByText("Open on this machine: no key exists.").count()).toBe(0);
    expect(await ana.violations()).toEqual([]);

    // Whoever was at work finds the question over their page, and no way round it.
    await ben.page.getByText("A key was created, so the service requires one").waitFor();
    expect(await ben.violations()).toEqual([]);
    await signIn(
      ben,
      secret.replace(/.$/, (last) => (last === "a" ? "b" : "a")),
    );
    await ben.page.getByText("Not signed in: The key is not valid for this installation.").waitFor();
    expect(await relearn.access.sessions()).toHaveLength(1);
  });

  it("signs a person in by their key, shows what they may not do and why, and signs them out", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { approvalId } = await bundleHistory(relearn);
    await createKeyFor(relearn, "ana", "admin");
    const key = await createKeyFor(relearn, "rita", "reviewer");
    const window = await openConsole(browser, await serveInstallation(relearn), {});
    const { page } = window;
    await window.go(`/approvals/${approvalId}`);
    await page.getByRole("heading", { name: "Sign in to Relearn" }).waitFor();
    expect(await window.violations()).toEqual([]);
    await page.getByLabel("Key").focus();
    await page.keyboard.type(key);
    await page.keyboard.press("Enter");
    await page.getByText("rita, reviewer", { exact: true }).waitFor();
    expect(await page.getByRole("button", { name: "Approve", exact: true }).isDisabled()).toBe(true);
    await page.getByText('it needs the permission "approve"').first().waitFor();
    await window.go("/settings/keys");
    await page.getByText('rita, reviewer, cannot do this: it needs the permission "manage_keys".').waitFor();
    await page.getByText("this session").waitFor();
    expect(await window.violations()).toEqual([]);
    // No script of the page gets hold of the session.
    expect(await page.evaluate("document.cookie")).toBe("");
    expect(await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")).not.toContain(
      "rl_",
    );
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Relearn" }).waitFor();
    expect(await relearn.access.sessions()).toEqual([]);
    await page.goBack();
    await page.getByRole("heading", { name: "Sign in to Relearn" }).waitFor();
  });

  it("shows each role the same pages, its forbidden acts disabled with the reason", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { approvalId } = await bundleHistory(relearn);
    const admin = await createKeyFor(relearn, "ada", "admin");
    const keys: Partial<Record<Role, string>> = { admin };
    for (const role of ["viewer", "reviewer", "approver", "operator", "agent"] as const) {
      keys[role] = await createKeyFor(relearn, role, role);
    }
    const address = await serveInstallation(relearn);
    // Approve, load the feeds, label: whether the role may.
    const may: readonly (readonly [Role, boolean, boolean, boolean])[] = [
      ["viewer", false, false, false],
      ["reviewer", false, false, true],
      ["approver", true, false, true],
      ["operator", false, true, true],
      ["admin", true, true, true],
    ];
    for (const [role, approves, loads, labels] of may) {
      const window = await openConsole(browser, address, {});
      const { page } = window;
      const locateReason = (right: string) => page.getByText(`it needs the permission "${right}"`).first();
      await window.go(`/approvals/${approvalId}`);
      await signIn(window, keys[role] ?? "");
      const approve = page.getByRole("button", { name: "Approve", exact: true });
      await approve.waitFor();
      if (!approves) {
        expect(await approve.isDisabled(), `${role} approves`).toBe(true);
        await locateReason("approve").waitFor();
      }
      await page.getByRole("link", { name: "Data" }).click();
      await page.getByRole("link", { name: "Sources" }).click();
      const load = page.getByRole("button", { name: "Load all feeds" });
      await load.waitFor();
      expect(await load.isDisabled(), `${role} loads`).toBe(!loads);
      if (!loads) await locateReason("operate").waitFor();
      await page.getByRole("link", { name: "Review" }).first().click();
      await (labels ? page.getByText(/No items wait/) : locateReason("label")).waitFor();
      await page.context().close();
    }
    // An agent's key is for programs: it signs nobody in.
    const window = await openConsole(browser, address, {});
    await window.go("/");
    await signIn(window, keys.agent ?? "");
    await window.page.getByText(/^Not signed in:/).waitFor();
  });

  it("asks again where a session ends, and keeps every word of the page", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const { approvalId } = await bundleHistory(relearn);
    await createKeyFor(relearn, "ana", "admin");
    const key = await createKeyFor(relearn, "ben", "approver");
    const window = await openConsole(browser, await serveInstallation(relearn), {});
    const { page } = window;
    await window.go(`/approvals/${approvalId}`);
    await signIn(window, key);
    await page.getByLabel("Rationale").fill("The threshold moves by two points; fine.");
    const [session] = await relearn.access.sessions();
    await relearn.access.endSession(session?.session_id ?? "", { actor: { name: "ana", kind: "key" } });
    const dialog = page.getByRole("dialog", { name: "Sign in again" });
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await signIn(window, key);
    await dialog.waitFor({ state: "hidden" });
    expect(await page.getByLabel("Rationale").inputValue()).toBe("The threshold moves by two points; fine.");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await expect
      .poll(() => relearn.approvals.get(approvalId))
      .toMatchObject({ approver: "ben", rationale: "The threshold moves by two points; fine." });
    expect(await relearn.audit.list({ kind: "rollout.approve" }, { limit: 1 })).toMatchObject([
      { actor: "ben", actor_kind: "key" },
    ]);
  });

  it("revokes a key and ends a session after a question", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const admin = await createKeyFor(relearn, "ana", "admin");
    const key = await createKeyFor(relearn, "rita", "reviewer");
    const address = await serveInstallation(relearn);
    const ana = await openConsole(browser, address, {});
    const rita = await openConsole(browser, address, {});
    await rita.go("/");
    await signIn(rita, key);
    await rita.page.getByText("rita, reviewer", { exact: true }).waitFor();
    await ana.go("/settings/keys");
    await signIn(ana, admin);
    await ana.page.getByRole("button", { name: /^End the session .* of rita$/ }).click();
    expect(await ana.page.locator("button:focus").textContent()).toBe("Cancel");
    await ana.page.getByRole("button", { name: "End session", exact: true }).click();
    await rita.page.getByRole("dialog", { name: "Sign in again" }).waitFor();
    await ana.page.getByRole("button", { name: /^Revoke rl_.* of rita$/ }).click();
    await ana.page.getByRole("button", { name: "Revoke key" }).click();
    await ana.page.getByLabel("Show 1 expired or revoked key").check();
    await ana.page.getByText("revoked by ana").waitFor();
    await signIn(rita, key);
    await rita.page.getByText("was revoked. Ask an admin for a new key.").waitFor();
    await ana.page.getByRole("button", { name: /^Revoke rl_.* of ana$/ }).click();
    await ana.page.getByRole("button", { name: "Revoke key" }).click();
    await ana.page.getByText("is the last usable admin key").waitFor();
  });

  it("is signed in to and looked at on a telephone, in the dark", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const admin = await createKeyFor(relearn, "ana", "admin");
    const window = await openConsole(browser, await serveInstallation(relearn), {
      width: 380,
      height: 740,
      colours: "dark",
    });
    await window.go("/settings/keys");
    const overflow = () =>
      window.page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
    expect(await window.violations()).toEqual([]);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await signIn(window, admin);
    await window.page.getByRole("banner").getByText("ana, admin", { exact: true }).waitFor();
    expect(await window.violations()).toEqual([]);
    expect(await overflow()).toBeLessThanOrEqual(0);
  });
});

describe("a hostile page in the same browser", () => {
  it("changes nothing in the open service, and reads nothing of it", async () => {
    const relearn = await testInstallation({ start: new Date() });
    const address = await serveInstallation(relearn);
    const hostile = createServer((_, response) => {
      response.setHeader("content-type", "text/html");
      response.end(
        `<title>Win a prize</title><form method="post" target="_blank" action="${address}/v1/feeds/load"><button>Win</button></form>`,
      );
    });
    await new Promise<void>((resolve) => hostile.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void hostile.close());
    const { port } = hostile.address() as AddressInfo;
    const page = await (await browser.newContext()).newPage();
    onTestFinished(() => page.context().close());
    // Another port of the same machine: same site to the browser, not the same origin.
    for (const host of ["127.0.0.1", "localhost"]) {
      await page.goto(`http://${host}:${port}/`);
      const outcomes = await page.evaluate(async (target) => {
        const attempt = async (path: string, init: RequestInit): Promise<string> => {
          try {
            const answer = await fetch(target + path, init);
            return answer.type === "opaque" ? "opaque" : await answer.text();
          } catch {
            return "refused by the browser";
          }
        };
        const text = JSON.stringify({ source: "approvals" });
        return [
          await attempt("/v1/feeds/load", { method: "POST", mode: "no-cors", body: text }),
          await attempt("/v1/settings/four_eyes", { method: "PUT", body: '{"value":false}' }),
          await attempt("/v1/keys", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: '{"person":"eve","role":"admin"}',
          }),
          await attempt("/v1/agents", { mode: "no-cors" }),
          await attempt("/v1/agents", {}),
        ];
      }, address);
      const opened = page.context().waitForEvent("page");
      await page.getByRole("button", { name: "Win" }).click();
      await (await opened).getByText("The request was made by a page of another site").waitFor();
      // Also what the browser lets through unread ("opaque") was refused by the service, as the audit shows.
      expect(outcomes.every((one) => one === "opaque" || one === "refused by the browser")).toBe(true);
    }
    expect(await relearn.audit.list({}, { limit: 10 })).toEqual([]);
    expect(await relearn.access.isOpen()).toBe(true);
  });
});
