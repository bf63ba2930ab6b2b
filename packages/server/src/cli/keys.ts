import type { ApiKey, CreatedKey, RevokedKey, Session, SessionDocument } from "@relearn/contract";
import { roles } from "@relearn/contract/values";
import { assertedActor } from "../actor.ts";
import { DAY_MS, HOUR_MS } from "../clock.ts";
import { RelearnError } from "../errors.ts";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

interface CreateOptions extends ConnectionOptions {
  readonly role: string;
  readonly person?: string;
  readonly name?: string;
  readonly expires?: string;
}

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command
      .command("create")
      .description("Create a key and print its secret, once")
      .requiredOption("--role <role>", `role of the key: ${roles.join(", ")}`)
      .option("--person <person>", "owner of the key (default: the person who runs the command)")
      .option("--name <text>", "purpose of the key (default: person and role)")
      .option("--expires <when>", "expiry: 90d, 12h, 2027-01-31 or never (default: after a year)"),
  ).action(async (options: CreateOptions) => {
    const expires = options.expires === undefined ? undefined : readExpiry(options.expires, new Date());
    const created = await withApi(options, (api) =>
      api.post<CreatedKey>("/v1/keys", {
        role: options.role,
        person: options.person ?? assertedActor(options.as, process.env).name,
        name: options.name,
        expires_at: expires,
      }),
    );
    if (options.json) printJson(created);
    else printText(describeCreated(created));
  });
  addConnectionOptions(
    command
      .command("list")
      .description("List the keys, without their secrets")
      .option("--all", "include revoked and expired keys"),
  ).action(async (options: ConnectionOptions & { all?: boolean }) => {
    const { keys } = await withApi(options, (api) => api.get<{ keys: ApiKey[] }>("/v1/keys"));
    const shown = options.all ? keys : keys.filter((key) => key.state === "usable");
    if (options.json) return printJson(shown);
    if (keys.length === 0) {
      return printText(
        "There are no keys, so the service is open to anyone on this machine.\n" +
          "Next: relearn keys create --role admin",
      );
    }
    const hidden = keys.length - shown.length;
    printText(
      formatTable(
        ["key", "person", "role", "name", "last used", "expires", ...(options.all ? ["state"] : [])],
        shown.map((key) => [
          key.key_id,
          key.person,
          key.role,
          key.name,
          key.last_used_at ?? "never",
          key.expires_at?.slice(0, 10) ?? "never",
          ...(options.all ? [describeState(key)] : []),
        ]),
      ) + (hidden === 0 ? "" : `\n${hidden} more have expired or are revoked; --all shows them.`),
    );
  });
  addConnectionOptions(
    command
      .command("revoke")
      .description("Revoke a key and end its sessions at once")
      .argument("<key>", "id of the key, such as rl_k7h2m9qx3v"),
  ).action(async (key: string, options: ConnectionOptions) => {
    const revoked = await withApi(options, (api) =>
      api.post<RevokedKey>(path`/v1/keys/${toKeyId(key)}/revocation`),
    );
    if (options.json) return printJson(revoked);
    const { key_id, person, revoked_by } = revoked.key;
    printText(
      revoked.changed
        ? `${key_id} of ${person} is revoked; its sessions have ended.`
        : `${key_id} of ${person} was already revoked by ${revoked_by}.`,
    );
  });
  addConnectionOptions(command.command("whoami").description("Show who you act as, and your rights")).action(
    async (options: ConnectionOptions) => {
      const session = await withApi(options, (api) => api.get<SessionDocument>("/v1/session"));
      if (options.json) printJson(session);
      else printText(describeCaller(session));
    },
  );
  addConnectionOptions(command.command("sessions").description("List the sessions of the console")).action(
    async (options: ConnectionOptions) => {
      const { sessions } = await withApi(options, (api) => api.get<{ sessions: Session[] }>("/v1/sessions"));
      if (options.json) return printJson(sessions);
      if (sessions.length === 0) return printText("No one is signed in to the console.");
      printText(
        formatTable(
          ["session", "person", "role", "key", "since", "last seen", "browser"],
          sessions.map((one) => [
            one.session_id,
            one.person,
            one.role,
            one.key_id,
            one.started_at,
            one.last_seen_at,
            one.user_agent,
          ]),
        ),
      );
    },
  );
  addConnectionOptions(
    command.command("sign-out").description("End a session of the console").argument("<session>"),
  ).action(async (session: string, options: ConnectionOptions) => {
    const ended = await withApi(options, (api) =>
      api.delete<{ ended: boolean }>(path`/v1/sessions/${session}`),
    );
    if (options.json) printJson(ended);
    else printText(`${session} has ended.`);
  });
};

/** Parses `90d`, `12h`, a date or a time (UTC if it names no zone), or `never`; returns null for `never`. */
export function readExpiry(text: string, now: Date): string | null {
  if (text === "never") return null;
  const span = /^(\d{1,5})([dh])$/.exec(text);
  if (span !== null) {
    return new Date(now.getTime() + Number(span[1]) * (span[2] === "d" ? DAY_MS : HOUR_MS)).toISOString();
  }
  const parts = /^(\d{4}-\d{2}-\d{2})(T[\d:.]+)?(Z|[+-]\d{2}:\d{2})?$/.exec(text);
  const [, date = "", time = "T00:00", zone = "Z"] = parts ?? [];
  // `Date` would turn February 30 into a day of March.
  const isDay = new Date(`${date}T00:00Z`).toJSON()?.slice(0, 10) === date;
  const at = new Date(isDay ? `${date}${time}${zone}` : Number.NaN);
  if (Number.isNaN(at.getTime())) {
    throw new RelearnError(
      "invalid_input",
      `--expires is "${text}". Accepted: a duration (90d, 12h), a date (2027-01-31), a time (2027-01-31T18:00Z) or never.`,
    );
  }
  return at.toISOString();
}

/** Returns the id of a key; a pasted secret is reduced to its id and not sent. */
function toKeyId(key: string): string {
  return /^(rl_[a-z0-9]+)_/.exec(key)?.[1] ?? key;
}

function describeCreated({ key, secret }: CreatedKey): string {
  const expiry = key.expires_at === null ? "does not expire" : `expires on ${key.expires_at.slice(0, 10)}`;
  const use =
    key.role === "agent"
      ? "Give it to the agent: createSwitchboard({ apiKey }), or Authorization: Bearer KEY."
      : "Sign in to the console with it, or set RELEARN_API_KEY for the command line.";
  return [
    `Created ${key.key_id} for ${key.person}, role ${key.role}; it ${expiry}. The secret is shown only once:`,
    "",
    `  ${secret}`,
    "",
    use,
  ].join("\n");
}

function describeState({ state, revoked_by, revoked_at, expires_at }: ApiKey): string {
  if (state === "revoked") return `revoked by ${revoked_by} on ${revoked_at?.slice(0, 10)}`;
  return state === "expired" ? `expired on ${expires_at?.slice(0, 10)}` : "usable";
}

function describeCaller({ actor, via, role, key_id, expires_at, rights }: SessionDocument): string {
  const granted = `Rights: ${rights.join(", ")}.`;
  switch (via) {
    case "open":
      return `${actor.name}, not verified: there are no keys yet.\n${granted}`;
    case "machine":
      return `${actor.name}, not verified, with the rights of this machine; to use your own key, set RELEARN_API_KEY.\n${granted}`;
    default:
      return `${actor.name}, ${role}, by ${key_id}${expires_at === null ? "" : `, until ${expires_at}`}.\n${granted}`;
  }
}
