import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import * as contractValues from "../packages/contract/src/values.ts";
import { type DocFunction, listDocFunctions, runExample } from "./testing/doc-examples.ts";

const server = fileURLToPath(new URL("../packages/server/src/", import.meta.url));

/** Folders whose examples are run. In `complete` folders every exported function must have an example. */
const folders = [
  { folder: "numerics", complete: true },
  { folder: "training", complete: true },
  { folder: "judges", complete: true },
  { folder: "guard", complete: true },
] as const;

/** Files of complete folders whose functions need no example, because they use a database, a file or the network. */
const edges = /-(store|service|routes|worker)\.ts$/;
/** The names in scope of every example. */
const scope = Object.assign(
  {},
  contractValues,
  ...(await Promise.all(
    sourcesOf("{numerics,training,judges,guard}")
      .filter((file) => !(/^(guard|judges)\//.test(file) && edges.test(file)))
      .map(load),
  )),
);

describe.each(folders)("the examples of $folder", ({ folder, complete }) => {
  const functions = sourcesOf(folder).flatMap((file) =>
    listDocFunctions(join(server, file)).map((each) => ({ ...each, file })),
  );

  it.runIf(complete)("show every exported function once at least", () => {
    const missing = functions.filter(
      ({ file, examples }) => !edges.test(file) && !examples.some((line) => / \/\/ /.test(line)),
    );
    expect(missing.map(({ file, line, name }) => `${file}:${line} ${name}`)).toEqual([]);
  });

  const withExamples = functions.filter(({ examples }) => examples.length > 0);
  it.runIf(withExamples.length > 0).each(withExamples.map(titled))("$title", async ({ file, examples }) => {
    const own = await load(file);
    const claims = await runExample(examples, { ...scope, ...own });
    expect(claims.length).toBeGreaterThan(0);
    for (const { expression, actual, expected } of claims) expect(actual, expression).toEqual(expected);
  });
});

function titled<Each extends DocFunction & { file: string }>(each: Each): Each & { title: string } {
  return { ...each, title: `${each.file} ${each.name}` };
}

function sourcesOf(folder: string): string[] {
  return globSync(`${folder}/*.ts`, { cwd: server })
    .filter((file) => !/\.(test|fixture|soak)\.ts$/.test(file) && !file.endsWith("-worker.ts"))
    .sort();
}

async function load(file: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(join(server, file)).href)) as Record<string, unknown>;
}
