import { z } from "zod";
import { decisionFields } from "./bundles.ts";
import type { Document } from "./document.ts";
import { basisPoints, count, numbers, text, time } from "./fields.ts";
export const switchboardBundleSchema = z.strictObject({
  bundle_id: z.string(),
  digest: z.string().describe("The bundle's digest; it covers the whole bundle, of which `config` is a part"),
  config: z.strictObject(decisionFields),
});
export type SwitchboardBundle = Document<typeof switchboardBundleSchema>;

export const switchboardConfigSchema = z
  .strictObject({
    agent: z.string(),
    generation: count.describe("Counts the transitions of the rollout; grows with each"),
    salt: z.string().describe("The rollout's own salt; empty where there is no rollout"),
    canary_basis_points: basisPoints,
    holdback_basis_points: basisPoints,
    kill_switch: z.boolean().describe("Everything active, at once"),
    rollout_id: text,
    active: switchboardBundleSchema.nullable(),
    canary: switchboardBundleSchema.nullable(),
    holdback: switchboardBundleSchema.nullable().exactOptional(),
    defaults: z.strictObject({ thresholds: numbers, label: z.string().exactOptional() }),
    generated_at: time.describe("ISO 8601 UTC"),
  })
  .meta({ id: "SwitchboardConfig" });
export type SwitchboardConfig = Document<typeof switchboardConfigSchema>;
