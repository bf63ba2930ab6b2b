import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const manifests = ["package.json", ...globSync("packages/*/package.json", { cwd: root })].map(
  (file) => JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest,
);
const own = new Set(manifests.map(({ name }) => name));
const dependencies = manifests.flatMap((manifest) =>
  Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  })
    .filter(([name]) => !own.has(name))
    .map(([name, version]) => ({ name, version })),
);
const rows = readFileSync(join(root, "docs/adr/0001-stack.md"), "utf8")
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter((cells) => cells.length === 7 && /^\d/.test(cells[2] ?? ""))
  .map(([, name, version, , , saves]) => ({ name, version, saves }));

describe("every dependency", () => {
  it.each(dependencies)("$name is pinned to one version", ({ version }) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-beta\.\d+)?$/);
  });

  it.each(dependencies)(
    "$name has its line in docs/adr/0001-stack.md: what it saves",
    ({ name, version }) => {
      expect(rows).toContainEqual({ name, version, saves: expect.stringMatching(/\w+ \w+/) });
    },
  );

  it("that has a line there is still one", () => {
    const names = dependencies.map(({ name }) => name);
    expect(rows.filter((row) => !names.includes(row.name ?? ""))).toEqual([]);
  });
});

it("the client, which runs in other people's processes, depends on nothing", () => {
  expect(manifests.find(({ name }) => name === "@relearn/client")?.dependencies ?? {}).toEqual({});
});
