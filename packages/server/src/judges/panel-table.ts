/**
 * Judged tasks as arrays, which every panel method reads: one row a task, one column a judge.
 */
import { getConfidenceShare, getVerdict, type JudgeScores } from "./judge-scores.ts";

export interface PanelTask {
  readonly judge_scores: JudgeScores;
  readonly label?: string | null;
  /** Tasks that must stay on the same side of a split; left out: the task is a group of its own. */
  readonly group?: string;
}

export interface PanelTable {
  readonly judges: readonly string[];
  readonly classes: readonly string[];
  readonly rows: number;
  /** rows x judges: class of the verdict as it was given, -1 none (or a verdict that is no class). */
  readonly verdicts: Int16Array;
  /** As `verdicts`, but -1 also where the judge contradicted itself when asked in the other order. */
  readonly votes: Int16Array;
  /** rows x judges, 0-1. */
  readonly confidences: Float64Array;
  /** Class of a person's label, -1 none. */
  readonly labels: Int16Array;
  /** Number of the row's group, from 0. */
  readonly groups: Int32Array;
}

export interface PanelTableOptions {
  /** Left out: every judge named, sorted. */
  readonly judges?: readonly string[];
  /** Left out: `listClasses(tasks)`. */
  readonly classes?: readonly string[];
}

/** Cost and memory: rows x judges. */
export function panelTable(tasks: readonly PanelTask[], options: PanelTableOptions = {}): PanelTable {
  const judges = options.judges ?? listJudges(tasks);
  const classes = options.classes ?? listClasses(tasks);
  const classNumbers = new Map(classes.map((name, index) => [name, index]));
  const groupNumbers = new Map<string, number>();
  let groupCount = 0;
  const cells = tasks.length * judges.length;
  const verdicts = new Int16Array(cells).fill(-1);
  const votes = new Int16Array(cells).fill(-1);
  const confidences = new Float64Array(cells);
  const labels = new Int16Array(tasks.length).fill(-1);
  const groups = new Int32Array(tasks.length);

  tasks.forEach((task, row) => {
    labels[row] = task.label == null ? -1 : (classNumbers.get(task.label) ?? -1);
    let group = task.group === undefined ? undefined : groupNumbers.get(task.group);
    if (group === undefined) {
      group = groupCount++;
      if (task.group !== undefined) groupNumbers.set(task.group, group);
    }
    groups[row] = group;
    for (let column = 0; column < judges.length; column++) {
      const judge = judges[column]!;
      if (!Object.hasOwn(task.judge_scores, judge)) continue;
      const score = task.judge_scores[judge]!;
      const verdict = getVerdict(score);
      if (verdict === null) continue;
      const number = classNumbers.get(verdict);
      if (number === undefined) continue;
      const cell = row * judges.length + column;
      verdicts[cell] = number;
      votes[cell] = score.order_consistent === false ? -1 : number;
      confidences[cell] = getConfidenceShare(score);
    }
  });
  return { judges, classes, rows: tasks.length, verdicts, votes, confidences, labels, groups };
}

/** Every judge that `tasks` name, sorted. */
function listJudges(tasks: Iterable<PanelTask>): string[] {
  const names = new Set<string>();
  for (const task of tasks) for (const judge of Object.keys(task.judge_scores)) names.add(judge);
  return [...names].sort();
}

/**
 * The classes of `tasks`, sorted: those that people's labels name, so that a judge's "cannot say" is an
 * abstention; with fewer than two labels, those that labels and verdicts name.
 */
export function listClasses(tasks: Iterable<PanelTask>): string[] {
  const labels = new Set<string>();
  const verdicts = new Set<string>();
  for (const task of tasks) {
    if (task.label != null) labels.add(task.label);
    for (const score of Object.values(task.judge_scores)) {
      const verdict = getVerdict(score);
      if (verdict !== null) verdicts.add(verdict);
    }
  }
  return [...(labels.size >= 2 ? labels : new Set([...labels, ...verdicts]))].sort();
}
