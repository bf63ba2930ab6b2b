import type { AgentDefinition } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { builtInAgents } from "../agents/built-in-agents.ts";
import { documentDigest } from "../digest.ts";
import { inboxExamples } from "./inbox-examples.fixture.ts";
import { trainBundle } from "./train-bundle.ts";
import type { TrainingProgress } from "./train-model.ts";
import { trainOffThread } from "./train-off-thread.ts";
import { selectTrainingRows } from "./training-rows.ts";

const inbox = builtInAgents.find((agent) => agent.name === "inbox_triage")!;
const options = { relearnVersion: "0.0.0-test", modelType: "auto" } as const;
/** 8,000 rows of 7 features: past what is trained in place. */
const examples = inboxExamples(8000);

describe("training off the thread", () => {
  it("gives the very bundle that training in place gives, with progress, the event loop free", async () => {
    const seen: TrainingProgress[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const rows = selectTrainingRows(inbox, examples);
    const content = await trainOffThread(inbox, rows, {
      ...options,
      onProgress: (progress) => seen.push(progress),
    });
    clearInterval(timer);
    expect(documentDigest(content)).toBe(documentDigest(trainBundle(inbox, examples, options)));
    expect(seen.length).toBeGreaterThan(0);
    expect(ticks).toBeGreaterThan(5);
    // The rows are still here: they were shared, not handed over.
    expect(rows.table.columns[0]).toHaveLength(8000);
  });

  it("ends at once when it is cancelled, before or after it began", async () => {
    const rows = selectTrainingRows(inbox, examples);
    const early = AbortSignal.abort(new Error("not at all"));
    await expect(trainOffThread(inbox, rows, { ...options, signal: early })).rejects.toThrow("not at all");
    const control = new AbortController();
    const training = trainOffThread(inbox, rows, { ...options, signal: control.signal });
    setImmediate(() => control.abort(new Error("enough")));
    await expect(training).rejects.toThrow("enough");
  });

  it("rejects with the error that training in place throws, code and details included", async () => {
    const rows = selectTrainingRows(
      inbox,
      examples.map((example) => ({ ...example, label: "Safe" })),
    );
    await expect(trainOffThread(inbox, rows, options)).rejects.toMatchObject({
      name: "RelearnError",
      code: "insufficient_data",
      details: { usable: 8000 },
    });
    const far: AgentDefinition = {
      name: "far",
      features: [
        { name: "x", path: "risk_score", kind: "number", default: 0 },
        ...Array.from({ length: 6 }, (_, at) => ({
          name: `y${at}`,
          path: "y",
          kind: "number" as const,
          default: 0,
        })),
      ],
    };
    const spread = examples.map((example, index) => ({
      ...example,
      payload: { risk_score: 1, y: index % 2 === 0 ? 1e308 : -1e308 },
    }));
    await expect(trainOffThread(far, selectTrainingRows(far, spread), options)).rejects.toMatchObject({
      code: "training_failed",
      message: expect.stringContaining('"y0"'),
    });
  });
});
