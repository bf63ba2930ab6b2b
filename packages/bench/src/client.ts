/**
 * Time of an assignment and of a decision, compared with the npm SDKs of GrowthBook and Unleash on the same ids.
 *
 *   npm run bench -- client [--json]
 *
 * Each contender evaluates whether a unit is in a plain 10 % rollout, as its SDK is used on a server: GrowthBook
 * with a force rule with a coverage, hash version 2, by the multi-user client; Unleash with a flexible rollout sticky
 * on userId, by default (it counts evaluations) and with its metrics off; Relearn with `switchboard.assign`.
 * Configs are in memory, nothing is fetched. Ids are flat strings, as in a parsed request.
 * Times are processor time of the whole process, garbage collection included, so that other load on the machine has
 * little effect; rounds alternate, and the median round is reported. p99 is over single calls by wall-clock time,
 * reading the clock included. Exit code 1 if a target is missed.
 */
import { cpus, totalmem } from "node:os";
import { GrowthBookClient } from "@growthbook/growthbook";
import { Unleash } from "unleash-client";
import type { FeatureDeclaration } from "../../client/src/bundle-document.ts";
import { createSwitchboard } from "../../client/src/switchboard.ts";
import type { SwitchboardBundle, SwitchboardConfig } from "../../client/src/switchboard-config.ts";

const ROUNDS = 21;
/** Passes over the ids in a round: enough that every round includes garbage collection. */
const PASSES = 10;
/** Few enough to stay in the processor's cache, like the single id of a request. */
const IDS = 10_000;
const SINGLE_CALLS = 100_000;

/** Returns a flat string like one from the network, not the concatenation that a template creates. */
const toFlatString = (text: string): string => Buffer.from(text, "latin1").toString("latin1");
const toHex = (at: number, digits: number): string =>
  Math.imul(at + 1, 0x9e3779b1)
    .toString(16)
    .replace("-", "")
    .padStart(digits, "0")
    .slice(-digits);
const idKinds = {
  "user id, 10 characters": Array.from({ length: IDS }, (_, at) => toFlatString(`user-${10_000 + at}`)),
  "address, 23 characters": Array.from({ length: IDS }, (_, at) =>
    toFlatString(`user-${10_000 + at}@mail.example`),
  ),
  "UUID, 36 characters": Array.from({ length: IDS }, (_, at) =>
    toFlatString(
      `${toHex(at, 8)}-${toHex(at + 1, 4)}-4${toHex(at + 2, 3)}-a${toHex(at + 3, 3)}-${toHex(at + 4, 8)}${toHex(at, 4)}`,
    ),
  ),
};
const units = idKinds["user id, 10 characters"];

const declarations: readonly FeatureDeclaration[] = [
  { name: "risk_score", path: "risk_score", kind: "number", default: 0, min: 0, max: 100 },
  { name: "has_spf_fail", path: "spf_fail", kind: "boolean", default: false },
  { name: "has_dkim_fail", path: "dkim_fail", kind: "boolean", default: false },
  { name: "suspicious_keywords_count", path: "suspicious_keywords", kind: "length", default: 0, min: 0 },
  { name: "attachment_count", path: "attachments", kind: "length", default: 0, min: 0 },
  { name: "sender_domain_age_days", path: "sender_domain_age_days", kind: "number", default: 0, min: 0 },
  { name: "recipient_count", path: "recipient_count", kind: "number", default: 1, min: 0 },
];

function createTriageBundle(name: string, coefficients: readonly number[]): SwitchboardBundle {
  return {
    bundle_id: name,
    digest: name,
    config: {
      features: declarations,
      positive: "quarantine",
      thresholds: { risk_score_threshold: 62.5, spf_dkim_weight: 1.5 },
      model: {
        model_type: "LogisticRegression",
        classes: ["safe", "quarantine"],
        feature_names: declarations.map((feature) => feature.name),
        scaler: { mean: [45, 0.2, 0.15, 1.4, 0.8, 900, 3], scale: [25, 0.4, 0.36, 1.7, 1.1, 800, 5] },
        coef: [coefficients],
        intercept: [-0.7],
        calibration: { slope: [0.94], intercept: [-0.03] },
      },
    },
  };
}

const config: SwitchboardConfig = {
  agent: "inbox_triage",
  generation: 1,
  salt: "rollout",
  canary_basis_points: 1000,
  holdback_basis_points: 0,
  kill_switch: false,
  rollout_id: "r_bench",
  active: createTriageBundle("b_active", [1.9, 0.6, 0.5, 0.8, 0.2, -0.7, 0.1]),
  canary: createTriageBundle("b_canary", [2.1, 0.7, 0.4, 0.9, 0.1, -0.6, 0.2]),
  defaults: { thresholds: {} },
  generated_at: "2026-01-01T00:00:00Z",
};
const payloads = Array.from({ length: 1000 }, (_, at) => ({
  subject: `Invoice ${at}`,
  risk_score: (at * 37) % 101,
  spf_fail: at % 5 === 0,
  dkim_fail: at % 7 === 0,
  suspicious_keywords: ["urgent", "wire", "gift"].slice(0, at % 4),
  attachments: at % 3 === 0 ? [{ name: "a.pdf" }] : [],
  sender_domain_age_days: (at * 131) % 3000,
  recipient_count: 1 + (at % 9),
}));

interface Contender {
  readonly name: string;
  /**
   * Calls the SDK once for each id and counts the canaries or the positive decisions. Each contender has its own loop,
   * so that the engine optimises it separately, as in a program that uses only one SDK.
   */
  readonly loop: (ids: readonly string[]) => number;
}

const switchboard = createSwitchboard({
  agent: config.agent,
  source: {
    load: async () => ({ status: "changed", config, etag: null }),
    sendExposures: async () => "accepted",
  },
  refreshIntervalMs: 0,
  flushIntervalMs: 0,
});
await switchboard.ready();

const growthbook = new GrowthBookClient().initSync({
  payload: {
    features: {
      rollout: {
        defaultValue: false,
        rules: [{ force: true, coverage: 0.1, hashAttribute: "id", hashVersion: 2, seed: "rollout" }],
      },
    },
  },
});

const unleash = await startUnleash(false);
const unleashWithoutMetrics = await startUnleash(true);

async function startUnleash(disableMetrics: boolean): Promise<Unleash> {
  const started = new Unleash({
    appName: disableMetrics ? "bench-without-metrics" : "bench",
    url: "http://127.0.0.1:9/",
    refreshInterval: 0,
    disableMetrics,
    skipInstanceCountWarning: true,
    bootstrap: {
      data: [
        {
          name: "rollout",
          type: "release",
          enabled: true,
          project: "default",
          stale: false,
          impressionData: false,
          strategies: [
            {
              name: "flexibleRollout",
              parameters: { rollout: "10", stickiness: "userId", groupId: "rollout" },
              constraints: [],
            },
          ],
        },
      ],
    },
  });
  // It also calls the missing service; the features of the bootstrap stay.
  started.on("error", () => {});
  started.on("warn", () => {});
  await new Promise<void>((resolve) => {
    started.once("ready", () => resolve());
  });
  return started;
}

const assignments: readonly Contender[] = [
  {
    name: "Relearn assign",
    loop(ids) {
      let canaries = 0;
      for (const id of ids) if (switchboard.assign(id).variant === "canary") canaries += 1;
      return canaries;
    },
  },
  {
    name: "GrowthBook isOn",
    loop(ids) {
      let canaries = 0;
      for (const id of ids) if (growthbook.isOn("rollout", { attributes: { id } })) canaries += 1;
      return canaries;
    },
  },
  {
    name: "Unleash isEnabled",
    loop(ids) {
      let canaries = 0;
      for (const userId of ids) if (unleash.isEnabled("rollout", { userId })) canaries += 1;
      return canaries;
    },
  },
  {
    name: "Unleash isEnabled, metrics off",
    loop(ids) {
      let canaries = 0;
      for (const userId of ids) if (unleashWithoutMetrics.isEnabled("rollout", { userId })) canaries += 1;
      return canaries;
    },
  },
];
let fresh = 0;
const decisions: readonly Contender[] = [
  {
    name: "Relearn decide, 7 features, logistic",
    loop(ids) {
      let positive = 0;
      for (let at = 0; at < ids.length; at++) {
        if (switchboard.decide(ids[at], payloads[at % 1000]).positive) positive += 1;
      }
      return positive;
    },
  },
  {
    name: "the same, each call a new unit (with its exposure)",
    loop(ids) {
      let positive = 0;
      for (let at = 0; at < ids.length; at++) {
        if (switchboard.decide(`unit-${fresh++}`, payloads[at % 1000]).positive) positive += 1;
      }
      return positive;
    },
  },
  {
    name: "the same with its explanation",
    loop(ids) {
      let positive = 0;
      for (let at = 0; at < ids.length; at++) {
        if (switchboard.decide(ids[at], payloads[at % 1000], { explain: true }).positive) positive += 1;
      }
      return positive;
    },
  },
];

interface Figure {
  readonly name: string;
  readonly ids: string;
  readonly median_ns: number;
  readonly p99_ns: number;
  readonly share: number;
}

const assigned = Object.entries(idKinds).map(([kind, ids]) => measureContenders(assignments, kind, ids));
const decided = measureContenders(decisions, "user id, 10 characters", units);
const figures = [...assigned.flat(), ...decided];

const worst = (read: (figure: Figure) => number, list: readonly Figure[]): number =>
  Math.max(...list.map(read));
const own = assigned.map((round) => round[0]!);
const plain = decided.slice(0, 2);
const checks = [
  {
    name: "assignment under 1 µs",
    value: `at most ${worst((figure) => figure.median_ns, own).toFixed(0)} ns`,
    met: worst((figure) => figure.median_ns, own) < 1000,
  },
  ...assigned.flatMap(([relearn, ...others]) =>
    others.map((other) => ({
      name: `at least 10x faster than ${other.name}; ${other.ids}`,
      value: `${(other.median_ns / relearn!.median_ns).toFixed(1)}x`,
      met: other.median_ns >= 10 * relearn!.median_ns,
    })),
  ),
  {
    name: "decision with a 7-feature logistic bundle under 2 µs",
    value: `at most ${worst((figure) => figure.median_ns, plain).toFixed(0)} ns`,
    met: worst((figure) => figure.median_ns, plain) < 2000,
  },
  {
    name: "p99 of assignment and decision under 20 µs",
    value: `${(worst((figure) => figure.p99_ns, [...own, ...plain]) / 1000).toFixed(1)} µs`,
    met: worst((figure) => figure.p99_ns, [...own, ...plain]) < 20_000,
  },
];
const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memory_gib: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  os: process.platform,
};
if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ machine, figures, checks }, null, 2));
} else {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.os}\n`);
  console.log("| call | ids | median | p99 of single calls | canary, or positive |\n|---|---|---|---|---|");
  for (const { name, ids, median_ns, p99_ns, share } of figures) {
    console.log(
      `| ${name} | ${ids} | ${Math.round(median_ns)} ns | ${(p99_ns / 1000).toFixed(2)} µs | ${(share * 100).toFixed(1)} % |`,
    );
  }
  console.log("\n| target | measured | |\n|---|---|---|");
  for (const { name, value, met } of checks)
    console.log(`| ${name} | ${value} | ${met ? "met" : "MISSED"} |`);
}
unleash.destroy();
unleashWithoutMetrics.destroy();
growthbook.destroy();
await switchboard.close();
process.exitCode = checks.every(({ met }) => met) ? 0 : 1;

function measureContenders(contenders: readonly Contender[], kind: string, ids: readonly string[]): Figure[] {
  const rounds = contenders.map(() => [] as number[]);
  const shares = contenders.map(() => 0);
  for (let round = -2; round < ROUNDS; round++) {
    contenders.forEach(({ loop }, which) => {
      const start = process.cpuUsage();
      let positive = 0;
      for (let pass = 0; pass < PASSES; pass++) positive = loop(ids);
      const { user, system } = process.cpuUsage(start);
      const perCall = ((user + system) * 1000) / (PASSES * ids.length);
      // Rounds below 0 warm up.
      if (round >= 0) rounds[which]!.push(perCall);
      shares[which] = positive / ids.length;
    });
  }
  return contenders.map(({ name, loop }, which) => ({
    name,
    ids: kind,
    median_ns: computeQuantile(rounds[which]!, 0.5),
    p99_ns: computeQuantile(timeSingleCalls(loop, ids), 0.99),
    share: shares[which]!,
  }));
}

function timeSingleCalls(loop: Contender["loop"], ids: readonly string[]): number[] {
  const times: number[] = [];
  const singles = ids.map((id) => [id]);
  for (let at = 0; at < SINGLE_CALLS; at++) {
    const one = singles[at % singles.length]!;
    const start = process.hrtime.bigint();
    loop(one);
    times.push(Number(process.hrtime.bigint() - start));
  }
  return times;
}

function computeQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
