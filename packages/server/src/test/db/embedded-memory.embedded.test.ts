import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, inject, it } from "vitest";

/** Opens the embedded database, evaluates so many expressions that V8 finds their interpreter hot, tells the peak. */
const script = (template: string) => `
  const { openAsBlob } = await import("node:fs");
  const { openEmbeddedDatabase } = await import(${JSON.stringify(new URL("../../db/embedded-database.ts", import.meta.url).href)});
  const database = await openEmbeddedDatabase({ loadDataDir: await openAsBlob(${JSON.stringify(template)}) });
  await database.pglite.exec("select sum(n % 7), max(n + 1) from generate_series(1, 1000000) n where n % 3 < 2 and n <> 5");
  await database.close();
  console.log(process.resourceUsage().maxRSS);`;

it("the embedded database is not compiled by V8's optimising compiler, which takes 600 MB for one function", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--experimental-transform-types",
    "--no-warnings",
    "--input-type=module",
    "--eval",
    script(inject("embeddedTemplate")),
  ]);
  const peak = Number(stdout) / 1024;
  expect(peak).toBeGreaterThan(50);
  expect(peak).toBeLessThan(700);
}, 60_000);
