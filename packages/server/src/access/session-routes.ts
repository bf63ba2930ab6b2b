import {
  actAsRequestSchema,
  actingNameSchema,
  endedSessionSchema,
  type SessionDocument,
  sessionListSchema,
  sessionSchema,
  signInRequestSchema,
} from "@relearn/contract";
import type { AuditService } from "../audit/audit-service.ts";
import { RelearnError } from "../errors.ts";
import type { Principal } from "../http/principal.ts";
import { findSource } from "../http/request-source.ts";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from "../http/session-cookie.ts";
import type { AccessService } from "./access-service.ts";
import { rightsByRole } from "./right.ts";
import { SESSION_ABSOLUTE_MS } from "./session.ts";

export function sessionRoutes(access: AccessService, audit: AuditService, version: string): Router {
  return newRouter()
    .openapi(
      createRoute("known", {
        method: "get",
        path: "/v1/session",
        summary: "Get the caller and its rights",
        responses: { 200: jsonAnswer("The caller", sessionSchema) },
      }),
      (context) => context.json(toDocument(context.get("principal"), version), 200),
    )
    .openapi(
      createRoute(
        "none",
        {
          method: "post",
          path: "/v1/session",
          summary: "Sign in to the console with an API key; the response sets the session cookie",
          request: {
            body: jsonBody(signInRequestSchema),
          },
          responses: { 200: jsonAnswer("The caller", sessionSchema) },
        },
        { once: "refused" },
      ),
      async (context) => {
        if (context.get("principal").via === "open") {
          throw new RelearnError(
            "wrong_state",
            "This installation has no API keys, so the console is open and signing in is not possible.",
          );
        }
        const proof = await access.proveKey(context.req.valid("json").key.trim(), findSource(context));
        const signedIn = await access.signIn(proof, {
          userAgent: context.req.header("user-agent") ?? "",
          formerToken: readSessionCookie(context),
        });
        writeSessionCookie(context, signedIn.token, SESSION_ABSOLUTE_MS);
        const { session_id, expires_at } = signedIn.session;
        return context.json(
          toDocument(
            {
              actor: { name: proof.person, kind: "key" },
              rights: new Set(rightsByRole[proof.role]),
              via: "session",
              role: proof.role,
              keyId: proof.key_id,
              sessionId: session_id,
              expiresAt: new Date(expires_at),
            },
            version,
          ),
          200,
        );
      },
    )
    .openapi(
      createRoute("known", {
        method: "delete",
        path: "/v1/session",
        summary: "Sign out",
        responses: {
          200: jsonAnswer("Whether a session was ended", endedSessionSchema),
        },
      }),
      async (context) => {
        const { actor, sessionId } = context.get("principal");
        if (sessionId !== null) await access.endSession(sessionId, { actor });
        clearSessionCookie(context);
        return context.json({ ended: sessionId !== null }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "post",
        path: "/v1/session/acting-as",
        summary: "Record in the audit log that the user of the open console now acts under another name",
        request: {
          body: jsonBody(actAsRequestSchema),
        },
        responses: { 200: jsonAnswer("The name", actingNameSchema) },
      }),
      async (context) => {
        const { actor, via } = context.get("principal");
        if (via !== "open") {
          throw new RelearnError(
            "wrong_state",
            `Callers with a key act under its name; your name is ${actor.name}.`,
          );
        }
        const { from } = context.req.valid("json");
        await audit.change(actor, async () => ({
          result: undefined,
          record: { kind: "session.acting_as", object: actor.name, detail: { from } },
        }));
        return context.json({ name: actor.name }, 200);
      },
    )
    .openapi(
      createRoute("known", {
        method: "get",
        path: "/v1/sessions",
        summary: "List the console sessions: your own, or all with the right `manage_keys`",
        responses: {
          200: jsonAnswer("The sessions, newest first", sessionListSchema),
        },
      }),
      async (context) =>
        context.json({ sessions: await access.sessions(findPersonLimit(context.get("principal"))) }, 200),
    )
    .openapi(
      createRoute("known", {
        method: "delete",
        path: "/v1/sessions/{session_id}",
        summary: "End a session: your own, or any with the right `manage_keys`",
        request: { params: z.object({ session_id: z.string() }) },
        responses: { 200: jsonAnswer("The session has ended", endedSessionSchema) },
      }),
      async (context) => {
        const principal = context.get("principal");
        const person = findPersonLimit(principal);
        await access.endSession(context.req.valid("param").session_id, {
          actor: principal.actor,
          ...(person === undefined ? {} : { person }),
        });
        return context.json({ ended: true }, 200);
      },
    );
}

/** Returns the person whose sessions the caller may see and end; undefined for all. */
function findPersonLimit({ actor, rights }: Principal): string | undefined {
  return rights.has("manage_keys") ? undefined : actor.name;
}

function toDocument(principal: Principal, version: string): SessionDocument {
  const { actor, rights, via, role, keyId, sessionId, expiresAt } = principal;
  return {
    actor,
    rights: [...rights],
    open: via === "open",
    via: via === "anonymous" ? "open" : via,
    role,
    key_id: keyId,
    session_id: sessionId,
    expires_at: expiresAt?.toISOString() ?? null,
    version,
  };
}
