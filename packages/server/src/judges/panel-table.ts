/**
 * Judged tasks as arrays, which every panel method reads: one row per task, one column per judge.
 */
import { getConfidenceShare, getVerdict, type JudgeScores } from "./judge-scores.ts";

export interface PanelTask {
  readonly judge_scores: JudgeScores;
  readonly label?: string | null;
  /** Tasks of one group stay on the same side of a split; absent: the task is its own group. */
  readonly group?: string;
}

export interface PanelTable {
  readonly judges: readonly string[];
  readonly classes: readonly string[];
  readonly rows: number;
  /** rows x judges: class of the verdict, -1 if there is none or it is not a class. */
  readonly verdicts: Int16Array;
  /** Like `verdicts`, but also -1 if the judge contradicted itself when asked in the other order. */
  readonly votes: Int16Array;
  /** rows x judges, 0-1. */
  readonly confidences: Float64Array;
  /** Class of a person's label, -1 none. */
  readonly labels: Int16Array;
  /** Number of the row's group, from 0. */
  readonly groups: Int32Array;
}

export interface PanelTableOptions {
  /** By default every judge in the tasks, sorted. */
  readonly judges?: readonly string[];
  /** By default `listClasses(tasks)`. */
  readonly classes?: readonly string[];
}

/**
 * Converts tasks to a table. Cost and memory: rows x judges.
 *
 * @example
 * const table = panelTable([
 *   { judge_scores: { ann: { verdict: "spam", confidence: 80 }, bob: { verdict: "ham" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham", order_consistent: false } }, label: "ham" },
 * ]);
 * [table.judges, table.classes] // [["ann", "bob"], ["ham", "spam"]]
 * table.verdicts // [1, 0, 0, -1]
 * table.votes // [1, 0, -1, -1]  (ann contradicted itself on the second task)
 * table.confidences // [0.8, 0.5, 0.5, 0]
 * table.labels // [1, 0]
 */
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

/** Lists every judge in `tasks`, sorted. */
function listJudges(tasks: Iterable<PanelTask>): string[] {
  const names = new Set<string>();
  for (const task of tasks) for (const judge of Object.keys(task.judge_scores)) names.add(judge);
  return [...names].sort();
}

/**
 * Lists the classes of `tasks`, sorted: the distinct labels, so that a judge's "cannot say" is an abstention. If
 * there are fewer than two distinct labels, the verdicts are included.
 *
 * @example
 * const judge_scores = { ann: { verdict: "cannot say" } };
 * listClasses([{ judge_scores, label: "spam" }, { judge_scores, label: "ham" }]) // ["ham", "spam"]
 * listClasses([{ judge_scores, label: "spam" }]) // ["cannot say", "spam"]
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
