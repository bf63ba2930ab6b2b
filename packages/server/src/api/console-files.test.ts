import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { expect, it, onTestFinished } from "vitest";
import { consoleFiles } from "./console-files.ts";

/** A built console of two files, with a secret beside it. */
async function pages() {
  const folder = await mkdtemp(join(tmpdir(), "relearn-pages-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "console", "assets"), { recursive: true });
  await writeFile(join(folder, "secret.js"), "the secret");
  await writeFile(join(folder, "console", "secret.js"), "the secret");
  await writeFile(
    join(folder, "console", "index.html"),
    '<meta nonce="RELEARN-NONCE"><style nonce="RELEARN-NONCE">',
  );
  await writeFile(join(folder, "console", "assets", "page-Ab1_2.js"), "the script");
  const app = new Hono().get("*", consoleFiles(join(folder, "console")));
  return async (path: string) => {
    const answer = await app.request(`http://localhost${path}`);
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
}

it("serves the files of the build by their exact names, and nothing else", async () => {
  const get = await pages();
  expect(await get("/assets/page-Ab1_2.js")).toMatchObject({ status: 200, text: "the script" });
  for (const path of [
    "/assets/",
    "/assets",
    "/assets/nothing.js",
    "/assets/secret.js",
    "/assets/../secret.js",
    "/assets/..%2fsecret.js",
    "/assets/%2e%2e/secret.js",
    "/assets/..\\secret.js",
    "/assets/....//secret.js",
    "/assets/%00.js",
    "/assets/page-Ab1_2.js%00.svg",
    "/assets//page-Ab1_2.js",
    "/assets/.js",
  ]) {
    const { status, text } = await get(path);
    expect([path, text.includes("the secret"), status === 404 || text.startsWith("<meta")]).toEqual([
      path,
      false,
      true,
    ]);
  }
});

it("gives each page its own nonce and a policy that allows no other scripts", async () => {
  const get = await pages();
  const nonces = new Set<string>();
  for (let count = 0; count < 50; count++) {
    const { text, headers } = await get("/review?agent=x");
    const nonce = /nonce="([^"]+)"/.exec(text)?.[1] ?? "";
    expect(nonce).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(text).toBe(`<meta nonce="${nonce}"><style nonce="${nonce}">`);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(50);
});
