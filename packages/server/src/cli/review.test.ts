import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "./program.ts";

let service: Server;
let address: string;
let asked: { readonly url: string; readonly actor: string | undefined }[];
let output: string;

beforeAll(async () => {
  service = createServer((request, response) => {
    asked.push({ url: request.url!, actor: request.headers["relearn-actor"] as string | undefined });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ queues: [], items: [], next_before: null }));
  });
  await new Promise<void>((done) => {
    service.listen(0, "127.0.0.1", done);
  });
  address = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
});
afterAll(() => {
  service.closeAllConnections();
  service.close();
});
beforeEach(() => {
  asked = [];
  output = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("options beside a subcommand of `relearn review`", () => {
  it.each([
    [["review", "list", "--limit", "3"], "/v1/review/items?limit=3"],
    [["review", "queue"], "/v1/review/queue"],
    [["review", "disputed", "--agent", "mail"], "/v1/review/disputed?agent=mail"],
    [["review", "claim", "mail"], "/v1/review/claim"],
  ])("are the subcommand's, though `review` takes them too: %j", async (words, url) => {
    expect(await runCommandLine([...words, "--json", "--as", "ben", "--url", address])).toBe(0);
    const [command = "", ...rest] = words;
    expect(await runCommandLine([command, "--as", "ben", "--json", ...rest, "--url", address])).toBe(0);
    expect(asked).toEqual([
      { url, actor: "ben" },
      { url, actor: "ben" },
    ]);
    expect(output).toBe("[]\n[]\n");
  });

  it("are those of `review` itself without one", async () => {
    expect(await runCommandLine(["review", "--json", "--as", "ben", "--url", address])).toBe(0);
    expect(asked).toEqual([{ url: "/v1/review/queue", actor: "ben" }]);
    expect(await runCommandLine(["review", "mail", "--json", "--url", address])).toBe(2);
  });
});
