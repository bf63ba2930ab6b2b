import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { launchChromium, openConsole, serveInstallation } from "./open-console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

it("reads quotes with csv-parse under the page's policy, and another encoding when it is chosen", async () => {
  const relearn = await testInstallation({ start: new Date() });
  const window = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
  const { page } = window;
  await window.go("/data/imports?agent=inbox_triage");
  await page.getByLabel(/drop it here or choose it/).setInputFiles({
    name: "mails.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(
      'key,label,note\nm-1,safe,"say ""hi"", M\u00fcller"\nm-2,safe\nm-3,"safe"r,x\n',
      "latin1",
    ),
  });
  await page
    .getByText("mails.csv: In the file, line 2 has the byte 0xFC at offset 38, which is not valid UTF-8", {
      exact: false,
    })
    .waitFor();
  await page.getByLabel("Encoding").selectOption("windows-1252");
  await page.getByText('say "hi", Müller').waitFor();
  await page.getByRole("row", { name: "3 has 2 fields, 3 expected" }).waitFor();
  await page.getByRole("row", { name: /^4 has text behind a closing quote/ }).waitFor();
  await page.getByText("1 new, 0 duplicates, 0 conflicts, 2 rejected.").waitFor();
  expect(await window.violations()).toEqual([]);
});

it("an import says what each column becomes and what comes of it, and stores nothing before", async () => {
  const relearn = await testInstallation({ start: new Date() });
  const known = { agent: "inbox_triage", payload: { risk_score: 10 }, source: "gold" as const };
  await relearn.examples.add(
    [
      { ...known, key: "m-1", label: "safe" },
      { ...known, key: "m-2", label: "quarantine", labeled_by: "cleo", created_at: "2026-02-01T09:00:00Z" },
    ],
    { actor: "ana" },
  );
  const window = await openConsole(browser, await serveInstallation(relearn), { person: "ben" });
  const { page } = window;
  await window.go("/data/imports?agent=inbox_triage");
  await page.getByLabel(/drop it here or choose it/).setInputFiles({
    name: "mails.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(
      [
        "mail,answer,risk_score,remark",
        "m-1,safe,10,the same again",
        "m-2,safe,10,another label",
        "m-3,quarantine,90,new",
        "m-4,quarantine,91,new",
        ",safe,5,no key",
      ].join("\n"),
    ),
  });
  // No column is a key by its name.
  await page.getByText("No column becomes the key.").first().waitFor();
  await page.getByLabel("What mail becomes").selectOption("key");
  await page.getByText("1 row without a key: rejected").waitFor();
  await page.getByText("2 new, 1 duplicate, 1 conflict, 1 rejected.").waitFor();
  await page.getByRole("row", { name: /^6 no key/ }).waitFor();
  expect(await window.violations()).toEqual([]);
  expect((await relearn.examples.stats()).total).toBe(2);
  expect(await relearn.examples.conflicts({ state: "open" }, { limit: 10 })).toEqual([]);

  await page.getByRole("button", { name: "Import 2" }).click();
  await page.getByText("Imported: 2 new, 1 duplicate, 1 conflict, 1 rejected.").waitFor();
  expect((await relearn.examples.stats()).total).toBe(4);

  // It stands in the list at once, and has a page of its own.
  await page
    .getByRole("row", { name: /^#\d+ .* ben 2 1 1 0$/ })
    .getByRole("link")
    .click();
  await page.getByText("2 new, 1 duplicate, 1 conflict, 0 rejected.").waitFor();
  expect(await window.violations()).toEqual([]);
  // Its address names no agent, and the one that was chosen stays chosen; another one leads back to the list.
  const picker = page.getByRole("combobox", { name: "Agent", exact: true });
  expect(await picker.inputValue()).toBe("inbox_triage");
  await picker.selectOption("");
  await page.waitForURL((url) => url.pathname === "/data/imports" && url.search === "");
  await page.goBack();
  await page.getByRole("link", { name: "resolve the conflicts" }).click();
  await page.getByRole("heading", { level: 1, name: "Data" }).waitFor();

  // The other label of m-2 waits for a person, who sees of both who gave them and when.
  await window.go("/data/conflicts?agent=inbox_triage");
  const conflict = page.getByRole("row", { name: /^m-2.*quarantine.*cleo.*safe.*unknown person/ });
  await conflict.waitFor();
  expect(await conflict.locator("time").evaluateAll((times) => times.length)).toBe(2);
  expect(await conflict.locator("time").first().getAttribute("datetime")).toBe("2026-02-01T09:00:00.000Z");
  expect(await window.violations()).toEqual([]);
  // Another one that comes meanwhile moves no button away from under the pointer.
  await relearn.examples.add([{ ...known, key: "m-3", label: "safe" }], { actor: "ana" });
  await page.getByRole("button", { name: "1 new. Show" }).waitFor();
  expect(await page.getByRole("rowheader").allTextContents()).toEqual(["m-2"]);
  await conflict.getByRole("button", { name: "Use new: safe for m-2" }).click();
  await conflict.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Keep old: quarantine for m-3" }).click();
  await page.getByText("No conflicts.").waitFor();
  expect(await relearn.examples.list({ key: "m-2" }, { limit: 2 })).toMatchObject([{ label: "safe" }]);
});
