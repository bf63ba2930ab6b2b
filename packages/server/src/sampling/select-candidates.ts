/**
 * The specification's candidates, out of any number of scored tasks, in bounded memory. A store streams its
 * pages through `offer` and asks for `ranked` at the end.
 */
import { startBoundedTop } from "./bounded-top.ts";
import { byTieHash } from "./tie-hash.ts";

export interface ScoredTask {
  readonly task_key: string;
  /** 0-1. */
  readonly uncertainty: number;
}

export interface CandidateOptions {
  /** Tasks less uncertain than this are not offered; 0.5 in the specification. */
  readonly minUncertainty?: number;
  /** How many at most; 50 in the specification, 20 in its daily job. */
  readonly topN?: number;
}

export interface CandidateSelection<Task extends ScoredTask> {
  /** Whether a task of this uncertainty could still get in: lets callers skip building the rest of it. */
  wants(uncertainty: number): boolean;
  offer(task: Task): void;
  /** The best so far: most uncertain first, equals by the hash of the task key, then by the key. */
  ranked(): Task[];
}

/** Starts a selection. Time O(log topN) a task, memory O(topN). */
export function startCandidateSelection<Task extends ScoredTask>(
  options: CandidateOptions = {},
): CandidateSelection<Task> {
  const { minUncertainty = 0.5, topN = 50 } = options;
  const top = startBoundedTop<Task>(topN, byUncertainty);

  const wants = (uncertainty: number): boolean =>
    topN > 0 && uncertainty >= minUncertainty && (!top.isFull() || uncertainty >= top.last()!.uncertainty);

  return {
    wants,
    offer(task) {
      if (wants(task.uncertainty)) top.offer(task);
    },
    ranked: top.ranked,
  };
}

/** The top `topN` of `tasks` with at least `minUncertainty`, most uncertain first; the same for any input order. */
export function selectCandidates<Task extends ScoredTask>(
  tasks: Iterable<Task>,
  options: CandidateOptions = {},
): Task[] {
  const selection = startCandidateSelection<Task>(options);
  for (const task of tasks) selection.offer(task);
  return selection.ranked();
}

function byUncertainty(a: ScoredTask, b: ScoredTask): number {
  return b.uncertainty - a.uncertainty || byTieHash(a.task_key, b.task_key);
}
