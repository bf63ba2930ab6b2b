import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import {
  type SimulatedRollout,
  type SimulationScenario,
  simulateRollout,
} from "../guard/simulate-rollout.ts";
import { seededRandom } from "../numerics/random.ts";

/** One worker's share: every `step`-th run from `first` on. */
export interface SimulationShare {
  readonly scenario: SimulationScenario;
  readonly runs: number;
  readonly seed: number;
  readonly first: number;
  readonly step: number;
}

/** Below this many runs a thread costs more than it saves. */
const RUNS_WORTH_A_THREAD = 50;

/**
 * Simulates `runs` rollouts on all cores. Each run has random numbers of its own, made of the seed and its
 * number, so that the results do not depend on how many threads there are.
 */
export async function simulateRollouts(
  scenario: SimulationScenario,
  runs: number,
  seed: number,
): Promise<SimulatedRollout[]> {
  const threads = runs < RUNS_WORTH_A_THREAD ? 1 : Math.min(availableParallelism(), 16);
  const shares = Array.from({ length: threads }, (_, first) => ({
    scenario,
    runs,
    seed,
    first,
    step: threads,
  }));
  if (threads === 1) return simulateShare(shares[0]!);
  const results = await Promise.all(shares.map((share) => inThread(share)));
  return Array.from({ length: runs }, (_, run) => results[run % threads]![Math.floor(run / threads)]!);
}

export function simulateShare({ scenario, runs, seed, first, step }: SimulationShare): SimulatedRollout[] {
  const results: SimulatedRollout[] = [];
  for (let run = first; run < runs; run += step) {
    // An odd multiplier is a bijection: neighbouring seeds do not share runs.
    results.push(simulateRollout(scenario, seededRandom((Math.imul(seed, 0x9e3779b1) + run) >>> 0)));
  }
  return results;
}

async function inThread(share: SimulationShare): Promise<SimulatedRollout[]> {
  // The file is a .ts in a checkout and a .js in an installed package, as this one is.
  const file = `./simulation-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
  const worker = new Worker(new URL(file, import.meta.url), { workerData: share });
  try {
    // `once` rejects on the worker's error event.
    const [results] = (await once(worker, "message")) as [SimulatedRollout[]];
    return results;
  } finally {
    await worker.terminate();
  }
}
