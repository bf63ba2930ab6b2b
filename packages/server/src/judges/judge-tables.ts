import type { Json } from "../db/tables.ts";
import type { DayEvidence } from "./day-evidence.ts";
import type { ModelJudgeDocument } from "./model-judge.ts";

declare module "../db/tables.ts" {
  interface Tables {
    judge_evidence: { agent: string; day: string; document: Json<DayEvidence>; updated_at: Date };
    model_judges: { agent: string; document: Json<ModelJudgeDocument>; updated_at: Date };
  }
}
