import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const page = fileURLToPath(new URL("../../../../docs/library.md", import.meta.url));
const entryPoints = {
  relearn: fileURLToPath(new URL("../index.ts", import.meta.url)),
  "relearn/testing": fileURLToPath(new URL("../testing.ts", import.meta.url)),
};

it("runs every block of docs/library.md, in its order, on a database in memory", {
  timeout: 180_000,
}, async () => {
  const blocks = [...(await readFile(page, "utf8")).matchAll(/^```ts\n(.*?)^```$/gms)].map(
    (match) => match[1]!,
  );
  expect(blocks.length).toBeGreaterThan(6);
  const folder = await mkdtemp(join(tmpdir(), "relearn-library-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "library.ts");
  // What the page asserts must end the process, and the end must be reached.
  const program = blocks
    .join("\n")
    .replace(
      /from "(relearn|relearn\/testing)"/g,
      (_match, name: keyof typeof entryPoints) => `from ${JSON.stringify(entryPoints[name])}`,
    )
    .replaceAll("console.assert(", "ok(");
  await writeFile(file, `import { ok } from "node:assert/strict";\n${program}\nconsole.log("THE END");\n`);
  const { code, out, error } = await new Promise<{ code: number; out: string; error: string }>((resolve) => {
    execFile(process.execPath, [file], (failed, out, error) =>
      resolve({ code: Number(failed?.code ?? 0), out, error }),
    );
  });
  expect({ code, error }).toEqual({ code: 0, error: "" });
  expect(out).toContain("THE END");
});
