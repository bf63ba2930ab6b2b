import { sql } from "kysely";
import { expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

const LINES = 80;
/** Of a record; a chunk holds some twenty of them. */
const PAYLOAD_CHARACTERS = 100_000;

/** NDJSON of evaluation results that is made as it is read, and counts what was taken of it. */
function resultStream(name: string) {
  const encoder = new TextEncoder();
  const taken = { lines: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const record = {
          agent: "inbox_triage",
          task_key: `${name}-${taken.lines++}`,
          payload: { text: "x".repeat(PAYLOAD_CHARACTERS) },
          judge_scores: {},
        };
        controller.enqueue(encoder.encode(`${JSON.stringify(record)}\n`));
        if (taken.lines === LINES) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken };
}

it("makes senders wait while the database is slow, instead of filling the memory, and loses nothing", async () => {
  const relearn = await testInstallation();
  // Holds every writer up: by the table's lock on a server, by the one session of the embedded database.
  let release!: () => void;
  let isHeld!: () => void;
  const held = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const slow = relearn.database.transaction(async (trx) => {
    await sql`lock table evaluation_results in access exclusive mode`.execute(trx);
    await new Promise<void>((resolve) => {
      release = resolve;
      isHeld();
    });
  });
  await held;
  const senders = ["a", "b", "c"].map(resultStream);
  const answers = senders.map(({ body }) =>
    relearn.fetch("/v1/signals/evaluations", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body,
      duplex: "half",
    } as RequestInit),
  );
  // Until nobody takes any more: the same sum for many turns of the event loop.
  const sum = () => senders.reduce((lines, { taken }) => lines + taken.lines, 0);
  for (let still = 0, last = -1; still < 300; still = sum() === last ? still + 1 : 0) {
    last = sum();
    await nextTurn();
  }
  // Two chunks of 2 MB a sender and what is on its way, of 8 MB that each has to send.
  for (const { taken } of senders) expect(taken.lines * PAYLOAD_CHARACTERS).toBeLessThan(5_000_000);
  release();
  await slow;
  for (const answer of answers) {
    expect(await (await answer).json()).toEqual({ stored: LINES, updated: 0, duplicates: 0, rejected: [] });
  }
});
