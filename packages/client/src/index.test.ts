import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Every module that a file brings along at run time, itself included. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  if (!file.startsWith("./")) return reached;
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  for (const [, what, from] of source.matchAll(/^(?:import|export) ([^;]*?)from "([^"]+)";/gms)) {
    if (!what!.startsWith("type ")) reachedFrom(from!, reached);
  }
  return reached;
}

test("the core brings along nothing of Node and nothing from elsewhere", () => {
  const reached = [...reachedFrom("./index.ts")];
  expect(reached).toContain("./http-service.ts");
  expect(reached.filter((module) => !module.startsWith("./"))).toEqual([]);
});

test("the previous test detects a forbidden import", () => {
  expect([...reachedFrom("./node.ts")]).toContain("node:crypto");
  expect([...reachedFrom("./openfeature.ts")]).toContain("@openfeature/server-sdk");
});
