/** Parser of the judge-panel format: each line has a task, its judges' verdicts and a person's label. */
import { z } from "zod";
import { describeValue, valueAt } from "../rejection.ts";
import type { JudgedTask, JudgeScores } from "./judge-scores.ts";
import type { PanelTask } from "./panel-table.ts";

export interface PanelLine extends PanelTask, JudgedTask {
  readonly task_key: string;
  readonly created_at?: string;
}

const text = (message: string) => z.string(message).min(1, message);
const CONFIDENCE = "must be a number from 0 to 100, or absent";
const VERDICT = "must be text, or null if the judge gave none";
const optionalText = z.string("must be text, or absent").nullish();

const score = z.object(
  {
    verdict: z.string(VERDICT).nullish(),
    confidence: z.number(CONFIDENCE).min(0, CONFIDENCE).max(100, CONFIDENCE).nullish(),
    order_consistent: z.boolean("must be true or false, or absent").nullish(),
    model_version: optionalText,
    rubric_digest: optionalText,
  },
  'must be an object such as {"verdict":"safe","confidence":80}',
);

const TIME_MESSAGE =
  "must be a time in ISO 8601 such as 2026-03-02T12:00:00Z, or absent; a time without a zone is UTC";
/** A date with an optional time of day and zone. */
const TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

const time = z.string(TIME_MESSAGE).transform((value, context): string => {
  const match = TIME.exec(value);
  const zoned = match === null || match[1] !== undefined || value.length === 10 ? value : `${value}Z`;
  const at = match === null ? Number.NaN : Date.parse(zoned.replace(" ", "T"));
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  context.addIssue({ code: "custom", message: TIME_MESSAGE });
  return z.NEVER;
});

const panelLine = z.object(
  {
    task_key: text("must be non-empty text"),
    group: z
      .union([z.string(), z.number().transform(String)], "must be text or a number, or absent")
      .nullish(),
    label: text("must be non-empty text; null or absent if there is no label").nullish(),
    judge_scores: z.record(
      z.string().min(1, "has an empty judge name"),
      score,
      "must be an object that maps each judge to its verdict and confidence; {} if there is none",
    ),
    created_at: time.nullish(),
  },
  'must be an object with "task_key" and "judge_scores"',
);

export type ParsedPanelLine =
  | { readonly ok: true; readonly line: PanelLine }
  /** The path in the line, the value, and what is accepted, in one sentence. */
  | { readonly ok: false; readonly reason: string };

/**
 * Parses a line. Never throws; an invalid line returns its first error as `reason`.
 *
 * @example
 * const valid = '{"task_key": "t1", "judge_scores": {}, "created_at": "2026-03-02"}';
 * parsePanelLine(valid).line.created_at // "2026-03-02T00:00:00.000Z"
 * const invalid = '{"task_key": "t1", "judge_scores": {"ann": {"confidence": 120}}}';
 * parsePanelLine(invalid).reason // "judge_scores.ann.confidence is 120; it must be a number from 0 to 100, or absent"
 */
export function parsePanelLine(line: string): ParsedPanelLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { ok: false, reason: `not JSON: ${(error as Error).message}` };
  }
  const parsed = panelLine.safeParse(value);
  if (!parsed.success) {
    const { path, message, code } = parsed.error.issues[0]!;
    const where = path.length === 0 ? "the line" : path.map(String).join(".");
    return {
      ok: false,
      reason:
        code === "invalid_key"
          ? "judge_scores has an empty judge name"
          : `${where} is ${describeValue(valueAt(value, path))}; it ${message}`,
    };
  }
  const { task_key, label, judge_scores, group, created_at } = parsed.data;
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
