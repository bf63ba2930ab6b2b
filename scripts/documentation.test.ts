/**
 * Checks the documents against the checkout: links have a target, and commands exist. The output of commands is tested
 * with the commands.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { agentDefinitionSchema, exampleDraftSchema, signalSchemas } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import manifest from "../package.json" with { type: "json" };
import { commandNames } from "../packages/server/src/cli/program.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const documents = globSync(["*.md", "docs/**/*.md", "examples/**/*.md", "packages/*/*.md"], {
  cwd: root,
  exclude: ["**/node_modules/**"],
}).sort();

/** Returns the anchor of a heading, by GitHub's rules. */
function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function listAnchors(document: string): Set<string> {
  const headings = readFileSync(join(root, document), "utf8").matchAll(/^#+ (.+)$/gm);
  return new Set([...headings].map(([, heading]) => toAnchor(heading!.replaceAll("`", ""))));
}

function brokenLinks(document: string): string[] {
  const links = readFileSync(join(root, document), "utf8").matchAll(/\]\(([^)\s]+)\)/g);
  return [...links]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? document : normalize(join(dirname(document), file));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !listAnchors(target).has(anchor);
    });
}

/** Returns the commands after `relearn` and `npm run` in inline code and code blocks. */
function namedCommands(document: string): { relearn: string[]; npm: string[] } {
  const text = readFileSync(join(root, document), "utf8");
  const code = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
    (match) => match[1] ?? match[2]!,
  );
  const after = (pattern: RegExp): string[] =>
    code.flatMap((one) => [...one.matchAll(pattern)].map((match) => match[1]!));
  return {
    relearn: after(/(?:^|[\n$|] *|npx )relearn ([a-z][a-z-]*)/g),
    npm: after(/npm run (?:-s )?([a-z:]+)/g),
  };
}

it("there are documents", () => expect(documents.length).toBeGreaterThan(20));

describe.each(documents)("%s", (document) => {
  it("links to what exists", () => expect(brokenLinks(document)).toEqual([]));
  it("names commands that exist", () => {
    const { relearn, npm } = namedCommands(document);
    expect(relearn.filter((name) => !commandNames.includes(name))).toEqual([]);
    expect(npm.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });
});

it("docs/cli.md has a section for every command", () => {
  const headings = readFileSync(join(root, "docs/cli.md"), "utf8").matchAll(/^## (.+)$/gm);
  const described = new Set([...headings].flatMap(([, heading]) => heading!.split(", ")));
  expect(commandNames.filter((name) => name !== "help" && !described.has(name))).toEqual([]);
});

/** Returns the JSON blocks of a document, each with its heading. */
function jsonBlocks(document: string): { heading: string; json: string }[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map((block) => ({
    heading: [...text.slice(0, block.index).matchAll(/^#+ (.+)$/gm)].at(-1)?.[1] ?? "",
    json: block[1]!,
  }));
}

describe("the examples in JSON", () => {
  const blocks = documents.flatMap((document) => jsonBlocks(document).map((one) => ({ document, ...one })));
  const signalBlocks = blocks.filter(({ document }) => document === "docs/signals.md");
  const schemas: Readonly<Record<string, z.ZodType>> = {
    ...signalSchemas,
    "Labeled examples": exampleDraftSchema,
  };

  it.each(blocks)("of $document, $heading, are JSON", ({ json }) => {
    expect(() => JSON.parse(json)).not.toThrow();
  });

  it("of docs/signals.md are there for every kind", () => {
    expect(signalBlocks.map(({ heading }) => heading).sort()).toEqual(Object.keys(schemas).sort());
  });

  it.each(signalBlocks)("of docs/signals.md, $heading, are taken by their schema", ({ heading, json }) => {
    expect(schemas[heading]?.safeParse(JSON.parse(json)).error?.issues ?? []).toEqual([]);
  });

  it("of docs/getting-started.md define an agent", () => {
    const [definition] = jsonBlocks("docs/getting-started.md");
    expect(agentDefinitionSchema.safeParse(JSON.parse(definition!.json)).error?.issues ?? []).toEqual([]);
  });
});
