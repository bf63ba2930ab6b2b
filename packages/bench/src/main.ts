/**
 * Runs a benchmark, or lists them all if no name is given.
 *
 *     npm run bench [-- NAME [ARGUMENTS]]
 */
import { formatTable } from "../../server/src/cli/output.ts";

interface Benchmark {
  readonly summary: string;
  readonly parameters: string;
  /** Runs the benchmark by loading its module, which reads `process.argv`. */
  readonly run: () => Promise<unknown>;
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  backtest: {
    summary: "Backtest of two bundles over 100,000 payloads, from the database",
    parameters: "[server] [embedded] [--payloads N]",
    run: () => import("./backtest.ts"),
  },
  client: {
    summary: "Assignments and decisions, compared with the SDKs of GrowthBook and Unleash",
    parameters: "[--json]",
    run: () => import("./client.ts"),
  },
  "crowd-on-judges": {
    summary: "Dawid-Skene on a panel of language models, compared with their majority",
    parameters: "FILE.jsonl",
    run: () => import("./crowd-on-judges.ts"),
  },
  "database-scale": {
    summary: "Training and judge weights on a million rows in the database",
    parameters: "[training] [weights] [--rows N] [--embedded]",
    run: () => import("./database-scale.ts"),
  },
  "guard-analysis": {
    summary: "Canary analysis over a million units in each of two stages",
    parameters: "[server] [embedded] [--units N] [--hours N]",
    run: () => import("./guard-analysis.ts"),
  },
  ingest: {
    summary: "Batches of signals over HTTP, compared with a bare COPY and merge",
    parameters: "[--rows N] [--rounds N]",
    run: () => import("./ingest.ts"),
  },
  "interval-coverage": {
    summary: "Coverage and width of prediction-powered intervals on a judge panel",
    parameters: "FILE.jsonl [LABELS,…] [RESAMPLES]",
    run: () => import("./interval-coverage.ts"),
  },
  "kayenta-comparison": {
    summary: "Verdicts on Kayenta's published cases, compared with its own",
    parameters: "",
    run: () => import("./kayenta-comparison.ts"),
  },
  "label-efficiency": {
    summary: "Accuracy by labels: margin sampling compared with random labels",
    parameters: "FILE.csv [OUT.svg]",
    run: () => import("./label-efficiency.ts"),
  },
  "million-results": {
    summary: "Review queue over a million evaluation results of five judges",
    parameters: "FOLDER|postgres://… [ROWS]",
    run: () => import("./million-results.ts"),
  },
  "review-order": {
    summary: "Share of a panel's errors in the first tenth of each review order",
    parameters: "FILE.jsonl [LABELS]",
    run: () => import("./review-order.ts"),
  },
  "score-kernel": {
    summary: "Uncertainty of a million tasks on arrays; score-kernel.py computes the same in numpy",
    parameters: "",
    run: () => import("./score-kernel.ts"),
  },
  "simulated-panels": {
    summary: "Panel methods on simulated judges with few labels",
    parameters: "[LABELS] [REPEATS] [CLASSES] [SEED]",
    run: () => import("./simulated-panels.ts"),
  },
  trainer: {
    summary: "Fits of both models and the whole process, compared with scikit-learn",
    parameters: "[--quick] [--only NAME] [--kind logistic|tree] [--python PATH]",
    run: () => import("./trainer.ts"),
  },
};

const name = process.argv[2];
const benchmark = name === undefined ? undefined : benchmarks[name];
if (benchmark !== undefined) {
  // Remove the name, so that the benchmark reads its own arguments.
  process.argv.splice(2, 1);
  await benchmark.run();
} else {
  const rows = Object.entries(benchmarks).map(([key, { summary, parameters }]) => [key, summary, parameters]);
  const list = formatTable(["NAME", "MEASURES", "ARGUMENTS"], rows, ["left", "left", "left"]);
  if (name === undefined) console.log(`npm run bench -- NAME [ARGUMENTS]\n\n${list}`);
  else {
    process.stderr.write(`There is no benchmark "${name}". The benchmarks are:\n\n${list}\n`);
    process.exitCode = 2;
  }
}
