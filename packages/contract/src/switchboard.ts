import { z } from "zod";
import { decisionFields } from "./bundles.ts";
import type { Document } from "./document.ts";
import { basisPoints, count, numbers, text, time } from "./fields.ts";
export const switchboardBundleSchema = z.strictObject({
  bundle_id: z.string(),
  digest: z.string().describe("Digest of the whole bundle, of which `config` is a part"),
  config: z.strictObject(decisionFields),
});
export type SwitchboardBundle = Document<typeof switchboardBundleSchema>;

export const switchboardConfigSchema = z
  .strictObject({
    agent: z.string(),
    generation: count.describe("Number of transitions of the rollout"),
    salt: z.string().describe("Salt of the rollout; empty if there is no rollout"),
    canary_basis_points: basisPoints,
    holdback_basis_points: basisPoints,
    kill_switch: z.boolean().describe("True: all traffic gets the active bundle"),
    rollout_id: text,
    active: switchboardBundleSchema.nullable(),
    canary: switchboardBundleSchema.nullable(),
    holdback: switchboardBundleSchema.nullable().exactOptional(),
    defaults: z.strictObject({ thresholds: numbers, label: z.string().exactOptional() }),
    generated_at: time.describe("ISO 8601 UTC"),
  })
  .meta({ id: "SwitchboardConfig" });
export type SwitchboardConfig = Document<typeof switchboardConfigSchema>;
