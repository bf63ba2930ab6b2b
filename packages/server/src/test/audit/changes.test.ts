import { describe, expect, it, onTestFinished } from "vitest";
import { AuditWatchService } from "../../audit/audit-watch-service.ts";
import { type ChangeStreamOptions, ChangeStreams } from "../../audit/change-streams.ts";
import { composeInstallation } from "../../compose.ts";
import { openServerDatabase } from "../../db/server-database.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

interface Message {
  readonly event: string;
  readonly id: number;
  readonly data: Record<string, unknown>;
}

/** Reads a stream message by message, as a browser does. */
function reader(stream: ReadableStream<Uint8Array>) {
  const decoder = new TextDecoder();
  const source = stream.getReader();
  onTestFinished(() => source.cancel().catch(() => {}));
  let text = "";
  const block = async (): Promise<string | undefined> => {
    while (!text.includes("\n\n")) {
      const { done, value } = await source.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
    const end = text.indexOf("\n\n");
    const first = text.slice(0, end);
    text = text.slice(end + 2);
    return first;
  };
  return {
    block,
    cancel: () => source.cancel(),
    async next(): Promise<Message | undefined> {
      for (;;) {
        const read = await block();
        if (read === undefined) return undefined;
        if (read.startsWith(":")) continue;
        const fields = new Map(
          read.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
        );
        return {
          event: fields.get("event") ?? "message",
          id: Number(fields.get("id")),
          data: JSON.parse(fields.get("data") ?? "null") as Record<string, unknown>,
        };
      }
    },
  };
}

async function watching(relearn: TestInstallation, headers: Record<string, string> = {}) {
  const answer = await relearn.fetch("/v1/changes", { headers });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  return reader(answer.body!);
}

/** Streams of their own for a test that needs other limits. */
function createStreams({ database, audit }: TestInstallation, options: ChangeStreamOptions, pollMs = 1000) {
  const streams = new ChangeStreams(new AuditWatchService(database, audit, { pollMs }), options);
  onTestFinished(() => streams.close());
  return streams;
}

let written = 0;
const change = (relearn: Pick<TestInstallation, "audit">) =>
  relearn.audit.change({ name: "ana", kind: "asserted" }, async () => ({
    result: undefined,
    record: {
      kind: "test.changed",
      agent: "inbox_triage",
      object: `object-${++written}`,
      detail: { secret: 1 },
    },
  }));

/** Many at once, as one transaction. */
const changes = (relearn: TestInstallation, count: number) =>
  relearn.database.transaction(async (trx) => {
    for (let index = 0; index < count; index++) {
      const record = { kind: "test.changed", object: `object-${++written}` };
      await relearn.audit.append(trx, { name: "ana", kind: "asserted" }, record);
    }
  });

describe("what changes while one looks", () => {
  it("comes as it is committed, by ids without a gap, and says nothing of the detail", async () => {
    const relearn = await testInstallation();
    await change(relearn);
    const head = (await relearn.audit.list({}, { limit: 1 }))[0]?.sequence ?? 0;
    const stream = await watching(relearn);
    expect(await stream.next()).toEqual({ event: "ready", id: head, data: { sequence: head } });
    for (let step = 1; step <= 3; step++) {
      await change(relearn);
      expect(await stream.next()).toEqual({
        event: "change",
        id: head + step,
        data: {
          sequence: head + step,
          at: relearn.clock.now().toISOString(),
          kind: "test.changed",
          agent: "inbox_triage",
          object: `object-${written}`,
          actor: "ana",
        },
      });
    }
  });

  it("goes on after the event that the reader names, or says that too much was missed", async () => {
    const relearn = await testInstallation();
    await changes(relearn, 230);
    const head = (await relearn.audit.list({}, { limit: 1 }))[0]?.sequence ?? 0;
    const resumed = await watching(relearn, { "last-event-id": String(head - 220) });
    expect(await resumed.next()).toMatchObject({ event: "ready", id: head - 220 });
    for (let id = head - 219; id <= head; id++)
      expect(await resumed.next()).toMatchObject({ event: "change", id });
    // A number of another database.
    const lost = await watching(relearn, { "last-event-id": String(head + 1) });
    expect(await lost.next()).toMatchObject({ event: "reset", id: head });
    const wrong = await relearn.fetch("/v1/changes", { headers: { "last-event-id": "-1" } });
    expect([wrong.status, (await wrong.json()) as unknown]).toMatchObject([400, { code: "invalid_input" }]);
  });

  it("shows that it is alive, and ends when the service does", async () => {
    const relearn = await testInstallation();
    const streams = createStreams(relearn, { heartbeatMs: 1 });
    const stream = reader(await streams.open("ana", undefined));
    expect(await stream.next()).toMatchObject({ event: "ready" });
    expect(await stream.block()).toBe(": alive");
    streams.close();
    while ((await stream.block()) !== undefined);
    expect(streams.size).toBe(0);
    await expect(streams.open("ana", undefined)).rejects.toMatchObject({ code: "service_unavailable" });
  });

  it("holds a bounded number of streams, each reader's share of them, and forgets those that were left", async () => {
    const relearn = await testInstallation();
    const streams = createStreams(relearn, { maxStreams: 3, maxStreamsPerPrincipal: 2 });
    const first = reader(await streams.open("ana", undefined));
    await streams.open("ana", undefined);
    await expect(streams.open("ana", undefined)).rejects.toMatchObject({ code: "too_many_streams" });
    await streams.open("ben", undefined);
    await expect(streams.open("cleo", undefined)).rejects.toMatchObject({ code: "too_many_streams" });
    await first.cancel();
    await streams.open("cleo", undefined);
    expect(streams.size).toBe(3);
  });

  it("holds nothing for a reader that is slow, cuts off one that takes nothing, and loses no event", async () => {
    const relearn = await testInstallation();
    const streams = createStreams(relearn, { stalledMs: 5 });
    await changes(relearn, 400);
    const head = (await relearn.audit.list({}, { limit: 1 }))[0]?.sequence ?? 0;
    // It takes nothing until it is cut off: what it then gets is what was held for it.
    const stream = reader(await streams.open("ana", head - 400));
    while (streams.size > 0) await new Promise((resolve) => setImmediate(resolve));
    let last = 0;
    let read = 0;
    for (let one = await stream.next(); one !== undefined; one = await stream.next()) {
      if (one.event === "change") expect(one.id).toBe((last || head - 400) + 1);
      last = one.id;
      read += 1;
    }
    expect(read).toBeLessThan(250);
    const again = reader(await createStreams(relearn, {}).open("ana", last));
    expect(await again.next()).toMatchObject({ event: "ready", id: last });
    for (let id = last + 1; id <= head; id++) expect(await again.next()).toMatchObject({ id });
  });

  it("ends when a key is made or ends, so that who reads is looked at again", async () => {
    const relearn = await testInstallation();
    const endsWith = async (kind: string, act: () => Promise<unknown>): Promise<void> => {
      const stream = await watching(relearn);
      await stream.next();
      await act();
      expect(await stream.next()).toMatchObject({ data: { kind } });
      expect(await stream.next()).toBeUndefined();
    };
    const made: string[] = [];
    const make = async (person: string): Promise<void> => {
      const { key } = await relearn.access.createKey({ person, role: "admin" }, { actor: "ana" });
      made.push(key.key_id);
    };
    // The first one closes the service to readers without one.
    await endsWith("key.created", () => make("ana"));
    await make("ben");
    await endsWith("key.revoked", () => relearn.access.revokeKey(made[0] ?? "", { actor: "ana" }));
  });

  it("comes from every process on a server", async ({ skip }) => {
    const relearn = await testInstallation();
    if (relearn.databaseUrl === undefined) skip("the embedded database has one process");
    const database = await openServerDatabase({ url: relearn.databaseUrl ?? "" });
    const other = await composeInstallation(database, { clock: relearn.clock });
    onTestFinished(() => other.close());
    const stream = reader(await createStreams(relearn, {}, 20).open("ana", undefined));
    expect(await stream.next()).toMatchObject({ event: "ready" });
    await change(other);
    expect(await stream.next()).toMatchObject({ event: "change", data: { object: `object-${written}` } });
  });
});
