import { z } from "zod";
import type { Document } from "./document.ts";
import { nullableTime, text } from "./fields.ts";
import { rolloutPolicyOverridesSchema } from "./rollout-policy.ts";
/** Text, a switch, or members of a rollout policy; null stands for no value. */
export const settingValueSchema = z
  .union([z.string(), z.boolean(), z.null(), rolloutPolicyOverridesSchema])
  .meta({ id: "SettingValue" });

export const settingSchema = z
  .strictObject({
    key: z.string(),
    value: settingValueSchema.describe("Stored value, or the default"),
    default: settingValueSchema.describe("Value if nothing is set"),
    is_default: z.boolean().describe("False if someone set the value"),
    updated_by: text,
    updated_at: nullableTime,
    description: z.string(),
  })
  .meta({ id: "Setting" });
/** A setting and its effective value. */
export type SettingDocument = Document<typeof settingSchema>;

export const changedSettingSchema = z
  .strictObject({
    setting: settingSchema,
    changed: z.boolean().describe("False if the stored value was already the same"),
  })
  .meta({ id: "ChangedSetting" });
export type ChangedSetting = Document<typeof changedSettingSchema>;

export const setSettingRequestSchema = z.strictObject({ value: settingValueSchema }).meta({
  id: "SetSettingRequest",
  examples: [
    {
      value: {
        stages: [5, 25, 100],
        not_worse: [
          { quality: 0.2, latency: 0.2 },
          { quality: 0.05, latency: 0.1 },
        ],
      },
    },
  ],
});

export const settingListSchema = z.object({ settings: z.array(settingSchema) });
