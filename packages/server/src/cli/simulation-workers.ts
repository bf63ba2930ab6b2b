import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import {
  type SimulatedRollout,
  type SimulationScenario,
  simulateRollout,
} from "../guard/simulate-rollout.ts";
import { seededRandom } from "../numerics/random.ts";

/** Share of one worker: every `step`-th run, starting with `first`. */
export interface SimulationShare {
  readonly scenario: SimulationScenario;
  readonly runs: number;
  readonly seed: number;
  readonly first: number;
  readonly step: number;
}

/** Minimum number of runs for which more than one thread saves time. */
const MIN_RUNS_FOR_THREADS = 50;

/**
 * Simulates `runs` rollouts on all cores. The random numbers of a run depend only on the seed and the number of the
 * run, so the results do not depend on the number of threads.
 */
export async function simulateRollouts(
  scenario: SimulationScenario,
  runs: number,
  seed: number,
): Promise<SimulatedRollout[]> {
  const threads = runs < MIN_RUNS_FOR_THREADS ? 1 : Math.min(availableParallelism(), 16);
  const shares = Array.from({ length: threads }, (_, first) => ({
    scenario,
    runs,
    seed,
    first,
    step: threads,
  }));
  if (threads === 1) return simulateShare(shares[0]!);
  const results = await Promise.all(shares.map((share) => runInThread(share)));
  return Array.from({ length: runs }, (_, run) => results[run % threads]![Math.floor(run / threads)]!);
}

export function simulateShare({ scenario, runs, seed, first, step }: SimulationShare): SimulatedRollout[] {
  const results: SimulatedRollout[] = [];
  for (let run = first; run < runs; run += step) {
    // Multiplication by an odd number is a bijection, so neighbouring seeds do not share runs.
    results.push(simulateRollout(scenario, seededRandom((Math.imul(seed, 0x9e3779b1) + run) >>> 0)));
  }
  return results;
}

async function runInThread(share: SimulationShare): Promise<SimulatedRollout[]> {
  // The file is .ts in a checkout and .js in an installed package, like this one.
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
