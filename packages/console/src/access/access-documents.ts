import type { ApiKey, CreatedKey, Role, Session, SessionDocument } from "@relearn/contract";
import { queryOptions } from "@tanstack/react-query";
import { actingAs } from "../acting-as.ts";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: async ({ signal }) => (await callApi<{ keys: ApiKey[] }>("GET", "/v1/keys", { signal })).keys,
});

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) =>
    (await callApi<{ sessions: Session[] }>("GET", "/v1/sessions", { signal })).sessions,
});

/** Begins a session with a key; everything that is shown is then read again under its rights. */
export async function signIn(key: string): Promise<SessionDocument> {
  const session = await callApi<SessionDocument>("POST", "/v1/session", { body: { key } });
  // A name from the time when the service was open: with a key one acts under the key's.
  actingAs.set(null);
  const former = queryClient.getQueryData<SessionDocument>(["session"]);
  // What another person was shown is not for this one.
  if (former !== undefined && former.actor.name !== session.actor.name) location.reload();
  queryClient.setQueryData(["session"], session);
  await queryClient.invalidateQueries();
  return session;
}

export async function signOut(): Promise<void> {
  await callApi("DELETE", "/v1/session");
  queryClient.clear();
  // A fresh page: nothing of what was shown stays in memory.
  location.assign("/");
}

export interface NewKeyForm {
  readonly person: string;
  readonly role: Role;
  readonly name: string;
  /** Days from now, or null for no end. */
  readonly days: number | null;
}

const DAY_MS = 86_400_000;

/** Makes a key. The first one closes the service, so this browser signs in with it at once. */
export async function createKey(form: NewKeyForm, isFirst: boolean): Promise<CreatedKey> {
  const created = await callApi<CreatedKey>("POST", "/v1/keys", {
    body: {
      person: form.person,
      role: form.role,
      ...(form.name.trim() === "" ? {} : { name: form.name }),
      expires_at: form.days === null ? null : new Date(Date.now() + form.days * DAY_MS).toISOString(),
    },
  });
  if (isFirst) await signIn(created.secret);
  else await queryClient.invalidateQueries();
  return created;
}
