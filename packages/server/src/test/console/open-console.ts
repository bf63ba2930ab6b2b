import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { serviceAuthentication } from "../../api/authenticate.ts";
import { startService } from "../../api/service.ts";
import { createInstallationApp, type Installation } from "../../compose.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts the Chromium of the tests (scripts/testing/chromium.ts), also as root and without a display. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["RELEARN_TEST_CHROMIUM"]!,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface ConsoleWindow {
  readonly page: Page;
  readonly address: string;
  /** Goes to an address of the console and waits until it has settled. */
  go(path: string): Promise<void>;
  /** What axe finds on the page as it is, each rule with the elements; `colours`: of the contrast alone. */
  violations(of?: "all" | "colours"): Promise<string[]>;
}

export interface ConsoleOptions {
  /** Who acts; asserted, as in the open console. Left out where one signs in. */
  readonly person?: string;
  readonly colours?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

/** The installation served on a free port of loopback; stopped when the present test ends. */
export async function serveInstallation(installation: Installation, port = 0): Promise<string> {
  return (await serveStoppable(installation, port)).address;
}

/** As `serveInstallation`, for a test that stops it before. */
export async function serveStoppable(
  installation: Installation,
  port = 0,
): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const service = await startService(
    createInstallationApp(installation, {
      authenticate: serviceAuthentication({ access: installation.access }),
      reportFailure: (error) => console.error(error),
    }),
    { host: "127.0.0.1", port, searchPort: false },
  );
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= service.stop();
    return stopping;
  };
  onTestFinished(stop);
  return { address: service.address, stop };
}

/**
 * A window of its own (own storage) on the served console. Whatever the page throws, or the policy of its
 * security headers refuses, fails the test.
 */
export async function openConsole(
  browser: Browser,
  address: string,
  options: ConsoleOptions,
): Promise<ConsoleWindow> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.colours ?? "light",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
  });
  if (options.person !== undefined) {
    // Once: a person who signs in later acts under their own name.
    await context.addInitScript((name) => {
      if (sessionStorage.getItem("relearn.named") !== null) return;
      sessionStorage.setItem("relearn.named", "yes");
      localStorage.setItem("relearn.acting_as", name);
    }, options.person);
  }
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    // A refusal by the service is logged by the browser itself; the test says whether it is expected.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      faults.push(message.text());
    }
  });
  onTestFinished(async () => {
    await context.close();
    if (faults.length > 0) throw new Error(`The page reported:\n${faults.join("\n")}`);
  });
  return {
    page,
    address,
    async go(path) {
      await page.goto(address + path);
      await settle(page);
    },
    async violations(of = "all") {
      await settle(page);
      // In a world of its own, which the page's policy does not govern.
      const session = await context.newCDPSession(page);
      const { frameTree } = await session.send("Page.getFrameTree");
      const { executionContextId } = await session.send("Page.createIsolatedWorld", {
        frameId: frameTree.frame.id,
        worldName: "axe",
      });
      await session.send("Runtime.evaluate", { expression: axeSource, contextId: executionContextId });
      const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
        expression: `axe.run(document, { runOnly: ${of === "colours" ? '["color-contrast"]' : '["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]'} })
          .then(({ violations }) => violations.map((one) =>
            one.id + ": " + one.nodes.map((node) => node.html.slice(0, 200) + " " + node.any.map((check) => check.message).join(" ")).join(" | ")))`,
        contextId: executionContextId,
        awaitPromise: true,
        returnByValue: true,
      });
      await session.detach();
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return result.value as string[];
    },
  };
}

/** Until the page has its heading and nothing on it is loading. */
async function settle(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.locator('[aria-busy="true"]').first().waitFor({ state: "detached" });
}

/** Saves what the window shows, the whole page, into the folder; JPEG, since making a PNG takes far longer. */
export async function takeScreenshot(page: Page, folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.jpg`), type: "jpeg", quality: 80, fullPage: true });
}
