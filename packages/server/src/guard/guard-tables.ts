import type { Verdict } from "@relearn/contract";
import type { Generated } from "kysely";
import type { Json, NullableJson } from "../db/tables.ts";
import type { SplitCounts } from "../numerics/sample-ratio.ts";
import type { AnalysisInputs } from "./analysis-records.ts";
import type { BaselineDocument, EvidenceDocument } from "./rules/guard-rules.ts";

declare module "../db/tables.ts" {
  interface Tables {
    rollout_epochs: {
      rollout_id: string;
      epoch: number;
      began_at: Date;
      baseline: Json<BaselineDocument>;
      judge_identity: string | null;
      with_interval: boolean;
    };
    rollout_evidence: {
      rollout_id: string;
      epoch: number;
      since: Date;
      analyses: Generated<number>;
      document: NullableJson<EvidenceDocument>;
      updated_at: Date;
    };
    rollout_analyses: {
      rollout_id: string;
      epoch: number;
      analysis: number;
      stage: number;
      at: Date;
      units: number;
      assignments: Json<readonly SplitCounts[]>;
      verdict: Json<Verdict>;
      inputs: NullableJson<AnalysisInputs>;
    };
  }
}
