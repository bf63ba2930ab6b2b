import {
  changedSettingSchema,
  setSettingRequestSchema,
  settingListSchema,
  settingSchema,
} from "@relearn/contract";
import { createRoute, describedBody, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { SettingsService } from "./settings-service.ts";

const settingKey = z.object({ key: z.string().openapi({ example: "time_zone" }) });

export function settingsRoutes(settings: SettingsService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/settings",
        summary: "List the settings, with the defaults of those that are not set",
        responses: { 200: jsonAnswer("The settings", settingListSchema) },
      }),
      async (context) => context.json({ settings: await settings.list() }, 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/settings/{key}",
        summary: "Get a setting",
        request: { params: settingKey },
        responses: { 200: jsonAnswer("The setting", settingSchema) },
      }),
      async (context) => context.json(await settings.get(context.req.valid("param").key), 200),
    )
    .openapi(
      createRoute("administer", {
        method: "put",
        path: "/v1/settings/{key}",
        summary: "Set a setting",
        // The type of the value depends on the key, so the setting validates it.
        request: {
          params: settingKey,
          body: describedBody(setSettingRequestSchema, z.strictObject({ value: z.unknown() })),
        },
        responses: { 200: jsonAnswer("The setting and whether it changed", changedSettingSchema) },
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
        summary: "Reset a setting to its default",
        request: { params: settingKey },
        responses: { 200: jsonAnswer("The setting and whether it changed", changedSettingSchema) },
      }),
      async (context) =>
        context.json(
          await settings.reset(context.req.valid("param").key, { actor: context.get("principal").actor }),
          200,
        ),
    );
}
