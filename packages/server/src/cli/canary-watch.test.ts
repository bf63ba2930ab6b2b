import { EventEmitter } from "node:events";
import type { CanaryStatus, Verdict } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { emptyRelease } from "../releases/release.ts";
import { proposeRollout, rolloutPolicy } from "../rollouts/rollout.ts";
import type { Api } from "./api.ts";
import { watchCanary } from "./canary-watch.ts";
import { watchLine, watchPage } from "./canary-watch-text.ts";

const now = new Date("2026-03-03T14:02:11.000Z");
const rollout = {
  ...proposeRollout(
    {
      rollout_id: "ro_1",
      agent: "inbox_triage",
      bundle_id: "b_7f3a",
      bundle_digest: "d",
      active_bundle_id: "b_2c91",
      active_digest: "e",
      salt: "s",
      policy: rolloutPolicy(),
      proposed_by: "ana",
      attempt: 1,
    },
    new Date("2026-03-02T12:00:00Z"),
  ),
  state: "canary" as const,
  stage: 0,
  stage_entered_at: "2026-03-03T02:02:11.000Z",
  percent: 10,
};
const status: CanaryStatus = {
  agent: "inbox_triage",
  release: emptyRelease("inbox_triage"),
  rollout,
  approval_id: "ap_1",
  newest_analysis: null,
};
const verdict: Verdict = {
  has_regression: false,
  quality_delta: -0.012,
  latency_delta: 0.004,
  recommendation: "monitor",
  reason: "Not worse by 20 %: e-value 4.5 of 20.",
  policy: "evidence",
  code: "gates_waiting",
  page: false,
  result: null,
  gates: [
    { name: "harm", status: "met", text: "No harm proven: e-value 2 of 20.", expected_at: null },
    { name: "time", status: "waiting", text: "24 h in the stage.", expected_at: "2026-03-04T02:02:11.000Z" },
    {
      name: "not_worse.quality",
      status: "waiting",
      text: "e-value 4.5 of 20.",
      expected_at: "2026-03-05T10:00:00.000Z",
    },
  ],
  intervals: { quality: { lower: -0.061, upper: null } },
  deltas: { quality: { rollout: -0.012, stage: -0.012 }, latency: { rollout: 0.004, stage: 0.004 } },
  e_values: { harm: 2, "not_worse.quality": Math.sqrt(20), split: 0.3 },
  thresholds: { harm: 20, "not_worse.quality": 20, split: 1000 },
  units: { canary: 310, active: 2790, stage_canary: 310, stage_active: 2790 },
};

describe("the page", () => {
  it("shows stage, differences, each e-value against its line, gates and the expected date", () => {
    const page = watchPage({ status, verdict }, now, 100).join("\n");
    expect(page).toContain("canary 10 %, stage 1 of 3, for 12.0 h");
    expect(page).toContain("quality    -1.2 %  (95 % at every analysis: -6.1 % to above)");
    expect(page).toContain("310 canary, 2,790 active");
    // Half the way on the scale of logarithms: the square root of the line is half a bar.
    expect(page).toContain(`not worse: quality  ${"█".repeat(12).padEnd(24)} 4.5 of 20`);
    expect(page).toContain(`split mismatch      ${" ".repeat(24)} 0.30 of 1,000`);
    expect(page).toContain("met      No harm proven");
    expect(page).toContain("about 2026-03-05 10:00 UTC");
  });

  it("is never wider than the terminal", () => {
    for (const columns of [20, 40, 79]) {
      expect(
        Math.max(...watchPage({ status, verdict }, now, columns).map((line) => line.length)),
      ).toBeLessThanOrEqual(columns);
    }
  });

  it("says what a failed gate, unknown dates, all met, and no rollout mean", () => {
    const last = (gates: Verdict["gates"]) =>
      watchPage({ status, verdict: { ...verdict, gates } }, now).at(-1);
    const [met, time] = verdict.gates;
    expect(last([met!])).toContain("next analysis promotes");
    expect(last([{ ...met!, status: "failed" }, time!])).toContain("failed");
    expect(last([{ ...time!, expected_at: null }])).toContain("not known yet");
    expect(watchPage({ status: { ...status, rollout: null }, verdict: null }, now)).toEqual([
      "inbox_triage: no rollout is running. Every unit gets the definition's defaults.",
    ]);
  });

  it("is one line elsewhere", () => {
    expect(watchLine({ status, verdict }, now)).toBe(
      "2026-03-03T14:02:11Z  inbox_triage  canary 10 %  monitor  units 310+2790  harm 2.0/20  not_worse.quality 4.5/20  split 0.30/1,000  gates 1/3  Not worse by 20 %: e-value 4.5 of 20.",
    );
  });
});

describe("watching", () => {
  const run = async (options: {
    tty: boolean;
    json?: boolean;
    count?: number;
    ends?: boolean;
    key?: string;
  }) => {
    let asked = 0;
    const api = {
      get: async () => {
        asked += 1;
        return options.ends && asked > 2 ? { ...status, rollout: null } : status;
      },
      post: async () => verdict,
    } as unknown as Api;
    const written: string[] = [];
    const raw: boolean[] = [];
    const input = Object.assign(new EventEmitter(), {
      isTTY: options.tty,
      setRawMode: (on: boolean) => raw.push(on),
      resume: () => {},
      pause: () => {},
    });
    const output = {
      isTTY: options.tty,
      columns: 100,
      write: (text: string) => {
        written.push(text);
        if (options.key !== undefined) queueMicrotask(() => input.emit("data", Buffer.from(options.key!)));
      },
    };
    await watchCanary({
      api,
      agent: "inbox_triage",
      everyMs: options.key === undefined ? 1 : 3_600_000,
      count: options.count,
      json: options.json ?? false,
      output,
      input,
      now: () => now,
    });
    return { written, raw };
  };

  it("refreshes in place on a terminal, and gives it back as it was", async () => {
    const { written, raw } = await run({ tty: true, count: 2 });
    expect(written[0]).toBe("\u001b[?25l");
    expect(written.at(-1)).toBe("\u001b[?25h");
    const lines = written[1]!.split("\n").length - 1;
    expect(written[2]).toMatch(new RegExp(`^\\u001b\\[${lines}A`));
    expect(raw).toEqual([true, false]);
  });

  it.each([["q"], ["\u0003"]])("ends on key %j", async (key) => {
    const { written, raw } = await run({ tty: true, key });
    expect(written.at(-1)).toBe("\u001b[?25h");
    expect(raw).toEqual([true, false]);
  });

  it("writes lines without any escape elsewhere, documents with --json, and ends with the rollout", async () => {
    const lines = await run({ tty: false, ends: true });
    expect(lines.written).toHaveLength(3);
    expect(lines.written.join("")).not.toContain("\u001b");
    expect(lines.written.at(-1)).toContain("no rollout is running");
    const { written } = await run({ tty: true, json: true, count: 2 });
    expect(written.map((text) => JSON.parse(text).verdict.recommendation)).toEqual(["monitor", "monitor"]);
  });
});
