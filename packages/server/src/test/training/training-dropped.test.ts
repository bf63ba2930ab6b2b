import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import type { CreatedBundle } from "@relearn/contract";
import { expect, it, onTestFinished } from "vitest";
import { startService } from "../../api/service.ts";
import type { TrainingMessage } from "../../training/train-off-thread.ts";
import { createKeyedService } from "../access/keyed-installation.ts";
import { testInstallation } from "../test-installation.ts";
import { addExamples } from "../traffic.ts";

/** Calls `act` with every thread that is started from now on to the end of the test. */
function onThread(act: (worker: Worker) => void): void {
  const listener = (message: unknown): void => act((message as { worker: Worker }).worker);
  subscribe("worker_threads", listener);
  onTestFinished(() => {
    unsubscribe("worker_threads", listener);
  });
}

it.each(["application/x-ndjson", "application/json"])(
  "a training whose caller hangs up ends its thread and writes nothing, and the next one goes through (%s)",
  async (accept) => {
    const relearn = await testInstallation();
    const service = await startService(createKeyedService(relearn).app, {
      host: "127.0.0.1",
      port: 0,
      searchPort: false,
    });
    onTestFinished(() => service.stop());
    // Past what is trained without a thread.
    for (const seed of [1, 2, 3]) await addExamples(relearn, 5000, seed);
    const bundleEvents = () =>
      relearn.database.kysely
        .selectFrom("audit_events")
        .select("kind")
        .where("agent", "=", "inbox_triage")
        .execute();
    const train = (signal?: AbortSignal) =>
      fetch(`${service.address}/v1/agents/inbox_triage/bundles`, {
        method: "POST",
        headers: { "content-type": "application/json", accept },
        body: JSON.stringify({ model_type: "auto" }),
        ...(signal === undefined ? {} : { signal }),
      });

    const caller = new AbortController();
    const threads: { said: string[]; ended: Promise<unknown> }[] = [];
    onThread((worker) => {
      const said: string[] = [];
      worker.on("message", (message: TrainingMessage) => said.push(message.kind));
      threads.push({ said, ended: once(worker, "exit") });
      caller.abort();
    });
    await expect(train(caller.signal).then((answer) => answer.text())).rejects.toThrow("aborted");
    expect(threads).toHaveLength(1);
    await threads[0]!.ended;
    expect(threads[0]!.said).not.toContain("done");
    expect(await relearn.bundles.list({}, 10)).toEqual([]);
    expect(await bundleEvents()).toEqual([]);

    const lines = (await (await train()).text()).trim().split("\n");
    const last = JSON.parse(lines.at(-1)!) as { result: CreatedBundle } | CreatedBundle;
    const bundle = "result" in last ? last.result : last;
    expect(bundle).toMatchObject({ created: true, status: "pending", training_count: 15_000 });
    expect(threads[1]!.said).toContain("done");
    expect(await bundleEvents()).toEqual([{ kind: "bundle.created" }]);
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
  },
);
