import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { JudgeReliability, MethodComparison } from "@relearn/contract";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { fitPanel } from "../judges/fit-panel.ts";
import { panelTable } from "../judges/panel-table.ts";
import { reliabilityCard } from "../judges/reliability-card.ts";
import { addReliabilityEvidence, emptyReliabilityEvidence } from "../judges/reliability-evidence.ts";
import { simulatePanel } from "../judges/simulated-panel.fixture.ts";
import { seededRandom } from "../numerics/random.ts";
import { runCommandLine } from "./program.ts";

const NOW = new Date("2026-03-02T12:00:00Z");
const tasks = simulatePanel({
  kind: "adversarial",
  judges: 3,
  rows: 60,
  balance: 0.6,
  random: seededRandom(5),
});
const createCard = (judge: string, count: number) =>
  reliabilityCard(
    addReliabilityEvidence(
      emptyReliabilityEvidence(judge, NOW),
      tasks
        .slice(0, count)
        .map((task) => ({ score: task.judge_scores[judge]!, label: task.label!, at: NOW })),
      NOW,
    ),
    "class-1",
  );
const table = panelTable(tasks);
const weighed: JudgeReliability = {
  agent: "mail",
  cards: [createCard("judge-0", 60), createCard("judge-1", 60), createCard("judge-2", 3)],
  panel: fitPanel(
    "chosen",
    table,
    tasks.map((_, row) => row),
  ),
  updated_at: NOW.toISOString(),
};
const comparison: MethodComparison = {
  agent: "mail",
  rows: 200,
  labels: 90,
  splits: 10,
  methods: [
    { method: "chosen", in_use: true, accuracy: 0.91, log_loss: 0.2012, standard_error: 0.004 },
    { method: "majority", in_use: false, accuracy: 0.8, log_loss: 0.4, standard_error: 0.01 },
  ],
};
const documents: Record<string, unknown> = {
  mail: weighed,
  new: { agent: "new", cards: [], panel: null, updated_at: null },
  idle: { agent: "idle", cards: [], panel: null, updated_at: NOW.toISOString() },
};

const answers: Record<string, unknown> = {
  "/v1/judges/mail/methods": comparison,
  "/v1/judges/new/methods": { ...comparison, agent: "new", rows: 7, labels: 0, methods: [] },
  "/v1/judges/mail/results?judge=judge-1&label=class-1&verdict=class-0": {
    results: [
      {
        task_key: "thread-9",
        created_at: NOW.toISOString(),
        label: "class-1",
        verdict: "class-0",
        confidence: 80,
        payload: {},
      },
    ],
  },
  "/v1/judges/mail/results?judge=nobody": { results: [] },
};

let service: Server;
let address: string;
let output: string;
let errors: string;

beforeAll(async () => {
  service = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answers[request.url!] ?? documents[request.url!.split("/").at(-1)!]));
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
  output = "";
  errors = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const cards = (...argv: string[]) => runCommandLine(["judges", "cards", ...argv, "--url", address]);

describe("relearn judges cards", () => {
  it("prints a line a judge, who leans on the prior, and what a vote does in the panel", async () => {
    expect(await cards("mail")).toBe(0);
    const agreement = weighed.cards[0]!.agreement.value;
    expect(output).toMatch(new RegExp(`judge-0 +60 +${(100 * agreement).toFixed(1)} %`));
    expect(output).toMatch(/judge-2 +3 .*not enough labels/);
    expect(output).toContain("depend mostly on their prior (judge-2)");
    expect(output).toContain("The panel decides by chosen: 3 judges, 60.0 labels after decay.");
    // The adversary's vote counts against what it says.
    expect(output).toMatch(/judge-\d +-\d\.\d\d +± \d\.\d\d +x 0\.\d\d/);
    expect(output).not.toMatch(/NaN|undefined|null/);
  });

  it("shows everything about one judge, by name", async () => {
    expect(await cards("mail", "--judge", "judge-1")).toBe(0);
    expect(output).toMatch(/agrees with people +\d+\.\d % {2}\(95 %: \d+\.\d % to \d+\.\d %\)/);
    expect(output).toMatch(/label +verdict class-0 +verdict class-1/);
    expect(output).toMatch(/confidence +right +95 %/);
    expect(output).not.toContain("judge-0");
  });

  it("gives the route's document as JSON, and one card with --judge", async () => {
    expect(await cards("mail", "--json")).toBe(0);
    expect(JSON.parse(output)).toEqual(JSON.parse(JSON.stringify(weighed)));
    output = "";
    expect(await cards("mail", "--judge", "judge-2", "--json")).toBe(0);
    expect(JSON.parse(output).cards.map((card: { judge: string }) => card.judge)).toEqual(["judge-2"]);
  });

  it("says what to do where there is nothing, and who there is where a name is wrong", async () => {
    expect(await cards("new")).toBe(0);
    expect(output).toContain("Next: relearn weights update --agent new");
    expect(await cards("idle")).toBe(0);
    expect(output).toContain("relearn import evaluations FILE");
    expect(await cards("mail", "--judge", "nobody")).toBe(3);
    expect(errors).toContain("Its cards: judge-0, judge-1, judge-2.");
  });
});

describe("relearn judges methods and results", () => {
  const judges = (...argv: string[]) => runCommandLine(["judges", ...argv, "--url", address]);

  it("prints each method's figures on held-out labels, and which is in use", async () => {
    expect(await judges("methods", "mail")).toBe(0);
    expect(output).toMatch(/chosen +0\.201 +± 0\.004 +91\.0 % +in use/);
    expect(output).toMatch(/majority +0\.400 +± 0\.010 +80\.0 %$/m);
    expect(output).toContain("newest 200 labeled tasks, each method fitted on 90");
    output = "";
    expect(await judges("methods", "new")).toBe(0);
    expect(output).toContain("7 of the 20 needed. Next: relearn review new");
  });

  it("prints the tasks of a cell of the confusion table", async () => {
    expect(await judges("results", "mail", "judge-1", "--label", "class-1", "--verdict", "class-0")).toBe(0);
    expect(output).toMatch(/thread-9 +2026-03-02 12:00 +class-1 +class-0 +80/);
    output = "";
    expect(await judges("results", "mail", "nobody")).toBe(0);
    expect(output).toContain("No tasks match.");
  });
});
