/** One line of a file in the judge-panel format: a task, its judges' verdicts, a person's label. */
import { z } from "zod";
import type { JudgedTask, JudgeScores } from "./judge-scores.ts";
import type { PanelTask } from "./panel-table.ts";

export interface PanelLine extends PanelTask, JudgedTask {
  readonly task_key: string;
  readonly created_at?: string;
}

const score = z.object({
  verdict: z.string().nullish(),
  confidence: z.number().min(0).max(100).nullish(),
  order_consistent: z.boolean().optional(),
  model_version: z.string().nullish(),
  rubric_digest: z.string().nullish(),
});

const panelLine = z.object({
  task_key: z.string().min(1),
  group: z.string().nullish(),
  label: z.string().min(1).nullish(),
  judge_scores: z.record(z.string(), score),
  created_at: z.string().nullish(),
});

export type ParsedPanelLine =
  | { readonly ok: true; readonly line: PanelLine }
  /** What is wrong with it, where in the line, in one sentence. */
  | { readonly ok: false; readonly reason: string };

/** Never throws. A line that is not as the format says is refused with its first fault. */
export function parsePanelLine(text: string): ParsedPanelLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, reason: `not JSON: ${(error as Error).message}` };
  }
  const parsed = panelLine.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const path = issue.path.map(String).join(".");
    return { ok: false, reason: `${path === "" ? "" : `${path}: `}${issue.message}` };
  }
  const { task_key, label, judge_scores, group, created_at } = parsed.data;
  if (created_at != null && Number.isNaN(Date.parse(created_at))) {
    return { ok: false, reason: `created_at: ${JSON.stringify(created_at)} is not an ISO 8601 time` };
  }
  return {
    ok: true,
    line: {
      task_key,
      label: label ?? null,
      judge_scores: judge_scores as JudgeScores,
      ...(group == null ? {} : { group }),
      ...(created_at == null ? {} : { created_at }),
    },
  };
}
