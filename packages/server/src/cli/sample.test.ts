import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { CandidateDocument, SampleReport } from "@relearn/contract";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { runCommandLine } from "./program.ts";

const candidate = (task_key: string, changes: Partial<CandidateDocument> = {}): CandidateDocument => ({
  task_key,
  agent: "mail",
  uncertainty: 0.476,
  method: "calibrated",
  judge_scores: {},
  payload: {},
  created_at: "2026-03-02T12:00:00.000Z",
  result_id: "r",
  value_of_review: 0.476,
  is_control: false,
  inclusion_probability: null,
  twins: [],
  why: "The judges together are wrong here with a chance of 48 %.",
  queued: false,
  ...changes,
});
const report: SampleReport = {
  agent: "mail",
  strategy: "calibrated",
  cold_start: false,
  candidates: [candidate("alone"), candidate("several\u001b[2J", { twins: ["a", "b"], queued: true })],
  queued: 1,
  expired: 0,
  dry_run: false,
};

let service: Server;
let address: string;
let output = "";

beforeAll(async () => {
  service = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(report));
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
afterEach(() => {
  vi.restoreAllMocks();
});

it("`relearn sample` says why each task is asked about, and for how many like it", async () => {
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += String(text);
    return true;
  });
  expect(await runCommandLine(["sample", "mail", "--url", address])).toBe(0);
  expect(output).toMatch(/^alone +0\.476 +The judges together are wrong here with a chance of 48 %\.$/m);
  expect(output).toMatch(/^several\ufffd\[2J +0\.476 .* 48 %\. Represents 2 near-duplicates\.$/m);
  expect(output).toContain("mail: 1 added to the review queue by calibrated, 1 were already there.");
});
