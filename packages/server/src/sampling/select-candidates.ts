/**
 * The candidates to review, out of any number of scored tasks, in bounded memory: a heap of the best N,
 * its worst on top. A store streams its pages through `offer` and asks for `ranked` at the end.
 */
import { tieHash } from "./tie-hash.ts";

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
  const heap: Task[] = [];

  const wants = (uncertainty: number): boolean =>
    topN > 0 && uncertainty >= minUncertainty && (heap.length < topN || uncertainty >= heap[0]!.uncertainty);

  return {
    wants,
    offer(task) {
      if (!wants(task.uncertainty)) return;
      if (heap.length < topN) {
        heap.push(task);
        siftUp(heap, heap.length - 1);
      } else if (byUncertainty(task, heap[0]!) < 0) {
        heap[0] = task;
        siftDown(heap, 0);
      }
    },
    ranked: () => [...heap].sort(byUncertainty),
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

/** Negative where `a` goes before `b`. */
function byUncertainty(a: ScoredTask, b: ScoredTask): number {
  if (a.uncertainty !== b.uncertainty) return b.uncertainty - a.uncertainty;
  const hashes = tieHash(a.task_key) - tieHash(b.task_key);
  if (hashes !== 0) return hashes;
  return a.task_key < b.task_key ? -1 : a.task_key > b.task_key ? 1 : 0;
}

function siftUp(heap: ScoredTask[], start: number): void {
  let child = start;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (byUncertainty(heap[child]!, heap[parent]!) <= 0) return;
    swap(heap, child, parent);
    child = parent;
  }
}

function siftDown(heap: ScoredTask[], start: number): void {
  let parent = start;
  for (;;) {
    let worst = parent;
    for (const child of [2 * parent + 1, 2 * parent + 2]) {
      if (child < heap.length && byUncertainty(heap[child]!, heap[worst]!) > 0) worst = child;
    }
    if (worst === parent) return;
    swap(heap, parent, worst);
    parent = worst;
  }
}

function swap(heap: ScoredTask[], a: number, b: number): void {
  const held = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = held;
}
