import {
  createRoute,
  documentSchema,
  jsonAnswer,
  jsonBody,
  newRouter,
  type Router,
  z,
} from "../http/router.ts";
import type { SettingDocument } from "./setting.ts";
import type { ChangedSetting, SettingsService } from "./settings-service.ts";

const setting = documentSchema<SettingDocument>("Setting");
const changedSetting = documentSchema<ChangedSetting>("ChangedSetting");
const settingKey = z.object({ key: z.string().openapi({ example: "time_zone" }) });

export function settingsRoutes(settings: SettingsService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/settings",
        summary: "The settings as they stand, with the defaults of those not set",
        responses: { 200: jsonAnswer("All settings", z.object({ settings: z.array(setting) })) },
      }),
      async (context) => context.json({ settings: await settings.list() }, 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/settings/{key}",
        summary: "One setting",
        request: { params: settingKey },
        responses: { 200: jsonAnswer("The setting", setting) },
      }),
      async (context) => context.json(await settings.get(context.req.valid("param").key), 200),
    )
    .openapi(
      createRoute("administer", {
        method: "put",
        path: "/v1/settings/{key}",
        summary: "Set a setting",
        // Which value it may be depends on the key: the setting's own check says so.
        request: {
          params: settingKey,
          body: jsonBody(z.strictObject({ value: documentSchema<unknown>("SettingValue") })),
        },
        responses: { 200: jsonAnswer("The setting and whether it changed", changedSetting) },
      }),
      async (context) =>
        context.json(
          await settings.set(context.req.valid("param").key, context.req.valid("json").value, {
            actor: context.get("principal").actor,
          }),
          200,
        ),
    )
    .openapi(
      createRoute("administer", {
        method: "delete",
        path: "/v1/settings/{key}",
        summary: "Take a setting back to its default",
        request: { params: settingKey },
        responses: { 200: jsonAnswer("The setting and whether it changed", changedSetting) },
      }),
      async (context) =>
        context.json(
          await settings.reset(context.req.valid("param").key, { actor: context.get("principal").actor }),
          200,
        ),
    );
}
