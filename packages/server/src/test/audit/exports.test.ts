import { once } from "node:events";
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import type { AuditEvent } from "@relearn/contract";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openAuthentication } from "../../api/authenticate.ts";
import { startService } from "../../api/service.ts";
import { GENESIS_HASH, verifyChainPage } from "../../audit/audit-event.ts";
import { createInstallationApp } from "../../compose.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

const ana = { actor: "ana" };
const example = (key: string, over: Record<string, unknown> = {}) => ({
  agent: "inbox_triage",
  key,
  payload: { risk_score: 70, text: "=1+1" },
  label: "quarantine",
  ...over,
});

const EXAMPLES = 50_000;
/** Examples a page. */
const PAGE = 250;

/** So many examples, by one statement. */
async function fill({ database, clock }: TestInstallation): Promise<void> {
  await sql`insert into labeled_examples
      (key, agent, payload, label, source, source_id, confidence, notes, labeled_by, created_at, loaded_at)
    select 'k' || n, 'inbox_triage', jsonb_build_object('risk_score', n % 100, 'text', md5(n::text) || md5('a' || n) || md5('b' || n)),
           'Safe', 'gold', 'k' || n, 100, null, null, ${clock.now()}::timestamptz, ${clock.now()}::timestamptz
      from generate_series(1, ${sql.lit(EXAMPLES)}) n`.execute(database.kysely);
}

/** How many pages of the generators that `export` makes were read, and how many of them were ended. */
function watchPages({ examples }: TestInstallation): { read: number; ended: number } {
  const seen = { read: 0, ended: 0 };
  const real = examples.export.bind(examples);
  vi.spyOn(examples, "export").mockImplementation(async function* (filter) {
    try {
      for await (const page of real(filter)) {
        seen.read += 1;
        yield page;
      }
    } finally {
      seen.ended += 1;
    }
  });
  return seen;
}

describe(`an export of ${EXAMPLES} examples`, () => {
  it("holds each of them once, a page at a time, also packed", async () => {
    const relearn = await testInstallation();
    await fill(relearn);
    const seen = watchPages(relearn);
    const answer = await relearn.fetch("/v1/examples/export?agent=inbox_triage", {
      headers: { "accept-encoding": "br;q=0.5, gzip" },
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/x-ndjson",
      "content-disposition": 'attachment; filename="examples.jsonl"',
      "content-encoding": "gzip",
      vary: "accept-encoding",
    });
    const keys = new Set<string>();
    let rest = "";
    let pagesAhead = 0;
    const unpacked = answer.body!.pipeThrough(new DecompressionStream("gzip"));
    for await (const text of unpacked.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) keys.add((JSON.parse(line) as { key: string }).key);
      pagesAhead = Math.max(pagesAhead, seen.read - keys.size / PAGE);
    }
    expect([keys.size, keys.has("k1"), keys.has(`k${EXAMPLES}`), rest]).toEqual([EXAMPLES, true, true, ""]);
    // What is in memory: the pages of which the compression has not given out anything yet.
    expect(pagesAhead).toBeLessThan(20);
  });

  it("waits for a reader that stops, with no more read than its socket holds, and ends where it goes", async () => {
    const relearn = await testInstallation();
    await fill(relearn);
    const seen = watchPages(relearn);
    const app = createInstallationApp(relearn, {
      authenticate: openAuthentication(),
      reportFailure: (error) => console.error(error),
    });
    const service = await startService(app, { host: "127.0.0.1", port: 0, searchPort: false });
    onTestFinished(() => service.stop());
    const socket = connect(Number(new URL(service.address).port), "127.0.0.1");
    socket.write("GET /v1/examples/export HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(socket, "data");
    socket.pause();
    // Reading has come to rest where the count stays the same while others are served.
    for (let before = -1; before !== seen.read; ) {
      before = seen.read;
      for (let turn = 0; turn < 20; turn++) await relearn.examples.stats();
    }
    expect(seen.read).toBeLessThan(EXAMPLES / PAGE / 2);
    expect(seen.ended).toBe(0);
    socket.destroy();
    await vi.waitFor(() => expect(seen.ended).toBe(1), { timeout: 10_000 });
    expect(seen.read).toBeLessThan(EXAMPLES / PAGE / 2);
  });
});

describe("an export", () => {
  it("is the store as it was when it began, whatever changes while it is read", async () => {
    const relearn = await testInstallation();
    const { examples } = relearn;
    const keys = Array.from({ length: 600 }, (_, index) => `k${index}`);
    await examples.add(
      keys.map((key) => example(key)),
      ana,
    );
    // Replaced before: the export has the new label alone.
    await examples.add([example("k599", { label: "safe" }), example("k598", { label: "safe" })], ana);
    const [later, before] = await examples.conflicts({ state: "open" }, { limit: 2 });
    await examples.settle(before!.id, "take_new", ana);

    const exported = examples.export({});
    const seen = [...((await exported.next()).value ?? [])];
    // Replaced while it is read, at the same moment of the clock; and added.
    await examples.settle(later!.id, "take_new", ana);
    await examples.add([example("new")], ana);
    for await (const page of exported) seen.push(...page);
    const labels = new Map(seen.map((one) => [one.key, one.label]));
    expect(seen.length).toBe(600);
    expect([...labels.keys()].sort()).toEqual([...keys].sort());
    expect([labels.get(before!.key), labels.get(later!.key)]).toEqual(["safe", "quarantine"]);

    const after: string[] = [];
    for await (const page of examples.export({})) after.push(...page.map((one) => `${one.key} ${one.label}`));
    expect(after).toHaveLength(601);
    expect(after).toContain(`${later!.key} safe`);
  });

  it("goes back in as it was, and holds no formula where a spreadsheet is to open it", async () => {
    const relearn = await testInstallation();
    await relearn.examples.add(
      [example("=2+3", { notes: '@a "b"\nc' }), example("thread", { source: "synthetic" })],
      ana,
    );
    const text = async (query: string) => (await relearn.fetch(`/v1/examples/export?${query}`)).text();
    const again = await relearn.fetch("/v1/examples", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: await text(""),
    });
    expect(await again.json()).toMatchObject({ stored: 0, duplicates: 2, rejected: [] });
    const packed = await relearn.fetch("/v1/examples/export?format=csv", {
      headers: { "accept-encoding": "gzip" },
    });
    expect(gunzipSync(Buffer.from(await packed.arrayBuffer())).toString()).toBe(await text("format=csv"));
    expect(await text("format=csv")).toContain('inbox_triage,=2+3,quarantine,gold,=2+3,100,"@a ""b""\nc"');
    expect(await text("format=spreadsheet")).toContain(
      `inbox_triage,'=2+3,quarantine,gold,'=2+3,100,"'@a ""b""\nc"`,
    );
    expect((await text("source=synthetic")).trim().split("\n")).toHaveLength(1);
    expect((await relearn.fetch("/v1/examples/export?format=xml")).status).toBe(400);
  });

  it("of the audit can be verified without the service, and takes the filters of the list", async () => {
    const relearn = await testInstallation();
    for (let index = 0; index < 20; index++) await relearn.examples.add([example(`k${index}`)], ana);
    const lines = (await (await relearn.fetch("/v1/audit/export")).text()).trim().split("\n");
    const events = lines.map((line) => JSON.parse(line) as AuditEvent);
    expect(verifyChainPage({ sequence: 0, hash: GENESIS_HASH }, events)).toEqual({
      sequence: events.length,
      hash: events.at(-1)?.hash,
    });
    const added = await (await relearn.fetch("/v1/audit/export?kind=examples.added&format=csv")).text();
    expect(added.trim().split("\r\n")).toHaveLength(21);
    expect(added).toMatch(/^sequence,at,actor,actor_kind,kind,agent,object,detail,previous_hash,hash\r\n/);
  });

  it("that fails at its beginning is a problem; one that fails later is broken off", async () => {
    const relearn = await testInstallation();
    await relearn.examples.add([example("k")], ana);
    const failing = (afterPages: number) =>
      vi.spyOn(relearn.examples, "export").mockImplementation(async function* () {
        for (let page = 0; page < afterPages; page++) yield await relearn.examples.list({}, { limit: 1 });
        throw new Error("The database is gone.");
      });
    vi.spyOn(console, "error").mockImplementation(() => {});
    failing(0);
    expect((await relearn.fetch("/v1/examples/export")).status).toBe(500);
    failing(1);
    const answer = await relearn.fetch("/v1/examples/export");
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow("gone");
    vi.restoreAllMocks();
  });
});
