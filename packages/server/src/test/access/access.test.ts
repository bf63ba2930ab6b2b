import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../clock.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

const root = { actor: "root" };
const browser = { userAgent: "Firefox", formerToken: undefined };
const from = "10.0.0.1";

async function withAdmin(): Promise<TestInstallation & { readonly admin: string }> {
  const relearn = await testInstallation();
  const { secret } = await relearn.access.createKey({ person: "ana", role: "admin" }, root);
  return { ...relearn, admin: secret };
}

describe("keys", () => {
  it("are made with their secret shown once, and listed without it", async () => {
    const { access, clock, audit } = await testInstallation();
    expect(await access.isOpen()).toBe(true);
    const { key, secret } = await access.createKey(
      { person: " Ana  Lima ", role: "admin", name: "laptop" },
      root,
    );
    expect(secret.startsWith(`${key.key_id}_`)).toBe(true);
    expect(key).toEqual({
      key_id: expect.stringMatching(/^rl_[a-z0-9]{10}$/),
      name: "laptop",
      person: "Ana Lima",
      role: "admin",
      state: "usable",
      created_by: "root",
      created_at: clock.now().toISOString(),
      expires_at: new Date(clock.now().getTime() + 365 * DAY_MS).toISOString(),
      last_used_at: null,
      revoked_at: null,
      revoked_by: null,
    });
    expect(await access.keys()).toEqual([key]);
    expect(await access.isOpen()).toBe(false);
    expect(await audit.list({ object: key.key_id }, { limit: 10 })).toMatchObject([
      { kind: "key.created", actor: "root", detail: { person: "Ana Lima", role: "admin", name: "laptop" } },
    ]);
  });

  it("leave their secrets nowhere in the database", async () => {
    const relearn = await withAdmin();
    const { access } = relearn;
    const wrong = `rl_aaaaaaaaaa_${"w".repeat(43)}`;
    await access.proveKey(wrong, from).catch(() => {});
    const proof = await access.proveKey(relearn.admin, from);
    const { token } = await access.signIn(proof, browser);
    await access.signIn(proof, { ...browser, formerToken: token });
    const { kysely } = relearn.database;
    const { rows: tables } = await sql<{
      table_name: string;
    }>`select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(
      kysely,
    );
    let text = "";
    for (const { table_name } of tables) {
      const { rows } = await sql`select * from ${sql.table(table_name)}`.execute(kysely);
      text += JSON.stringify(rows);
    }
    expect(text).toContain(proof.key_id);
    for (const secret of [relearn.admin, token, wrong]) expect(text).not.toContain(secret.slice(14));
  });

  it("begin with an admin's, or nobody could make the second", async () => {
    const { access, audit } = await testInstallation();
    await expect(access.createKey({ person: "ana", role: "agent" }, root)).rejects.toMatchObject({
      code: "admin_key_missing",
      message: expect.stringContaining("relearn keys create --role admin"),
    });
    expect(await access.isOpen()).toBe(true);
    expect(await audit.list({}, { limit: 10 })).toEqual([]);
  });

  it("spell a person in one way", async () => {
    const { access } = await withAdmin();
    await expect(access.createKey({ person: "Ana", role: "viewer" }, root)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining('"ana"'),
    });
    await access.createKey({ person: "ana", role: "viewer" }, root);
  });

  it("prove their person, also if asked twice at once, and note their use to the minute", async () => {
    const { access, admin, clock } = await withAdmin();
    const proofs = await Promise.all([1, 2, 3].map(() => access.proveKey(admin, from)));
    expect(proofs).toEqual(Array(3).fill(expect.objectContaining({ person: "ana", role: "admin" })));
    const first = clock.now().toISOString();
    clock.advance(30_000);
    await access.proveKey(admin, from);
    expect(await access.keys()).toMatchObject([{ last_used_at: first }]);
    clock.advance(31_000);
    await access.proveKey(admin, from);
    expect(await access.keys()).toMatchObject([{ last_used_at: clock.now().toISOString() }]);
  });

  it("that are not ours get one answer, whatever is wrong with them", async () => {
    const { access, admin } = await withAdmin();
    const answers = new Set<string>();
    const last = admin.at(-1) === "a" ? "b" : "a";
    for (const wrong of [
      "",
      "secret",
      admin.slice(0, -1),
      admin.slice(0, -1) + last,
      `rl_aaaaaaaaaa_${"a".repeat(43)}`,
      admin.slice(0, 13),
    ]) {
      const error = await access.proveKey(wrong, from).catch((reason: unknown) => reason);
      answers.add(JSON.stringify({ ...(error as object), message: (error as Error).message }));
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toContain("unauthenticated");
  });

  it("end at their time, and say so only to the holder of the secret", async () => {
    const { access, clock } = await withAdmin();
    const expires_at = new Date(clock.now().getTime() + HOUR_MS).toISOString();
    const { key, secret } = await access.createKey({ person: "ben", role: "viewer", expires_at }, root);
    await access.proveKey(secret, from);
    clock.advance(HOUR_MS);
    await expect(access.proveKey(secret, from)).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining(`expired at ${expires_at}`),
    });
    await expect(access.proveKey(`${key.key_id}_${"a".repeat(43)}`, from)).rejects.toMatchObject({
      message: "The key is not valid for this installation.",
    });
  });

  it("that are in use are warned of in the fortnight before they end", async () => {
    const { access, clock, status } = await withAdmin();
    const ends = (days: number): string => new Date(clock.now().getTime() + days * DAY_MS).toISOString();
    const made = async (days: number, isUsed: boolean): Promise<string> => {
      const { key, secret } = await access.createKey(
        { person: "bot", role: "agent", expires_at: ends(days) },
        root,
      );
      if (isUsed) await access.proveKey(secret, from);
      return key.key_id;
    };
    await made(15, true);
    const later = await made(14, true);
    const sooner = await made(3, true);
    await made(3, false);
    expect((await access.keysEndingSoon()).map((key) => key.key_id)).toEqual([sooner, later]);
    expect((await status.status({ isOpen: false })).warnings[0]).toBe(
      `The key ${sooner} of bot (agent) expires at ${ends(3)}; create a new one: relearn keys create.`,
    );
    clock.advance(3 * DAY_MS);
    expect((await access.keysEndingSoon()).map((key) => key.key_id)).not.toContain(sooner);
  });

  it("are revoked once, at once, with their sessions", async () => {
    const { access, clock, audit } = await withAdmin();
    const { key, secret } = await access.createKey({ person: "ben", role: "viewer" }, root);
    const { token } = await access.signIn(await access.proveKey(secret, from), browser);
    expect(await access.revokeKey(key.key_id, { actor: "ana" })).toMatchObject({
      changed: true,
      key: { state: "revoked", revoked_by: "ana", revoked_at: clock.now().toISOString() },
    });
    await expect(access.proveKey(secret, from)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(await access.proveSession(token, { idle: false })).toBeUndefined();
    expect(await access.sessions()).toEqual([]);
    expect(await access.revokeKey(key.key_id, { actor: "cleo" })).toMatchObject({
      changed: false,
      key: { revoked_by: "ana" },
    });
    expect(await audit.list({ kind: "key.revoked" }, { limit: 10 })).toMatchObject([
      { object: key.key_id, actor: "ana", detail: { person: "ben", sessions_ended: 1 } },
    ]);
    await expect(access.revokeKey("rl_none", root)).rejects.toMatchObject({ code: "unknown_key" });
    await expect(access.revokeKey("\u0000", root)).rejects.toMatchObject({ code: "unknown_key" });
  });

  it("keep one admin that can be used if two revoke at the same time", async () => {
    const { access, clock } = await testInstallation();
    const expires_at = new Date(clock.now().getTime() + HOUR_MS).toISOString();
    const made = [
      await access.createKey({ person: "ana", role: "admin" }, root),
      await access.createKey({ person: "ben", role: "admin" }, root),
      await access.createKey({ person: "cleo", role: "admin", expires_at }, root),
    ];
    clock.advance(2 * HOUR_MS);
    const results = await Promise.allSettled(
      made.map(({ key }) => access.revokeKey(key.key_id, { actor: "dan" })),
    );
    expect(results.filter((one) => one.status === "rejected")).toMatchObject([
      { reason: { code: "last_admin_key", message: expect.stringContaining("relearn keys create") } },
    ]);
    expect(await access.hasUsableAdminKey()).toBe(true);
    expect((await access.keys()).filter((key) => key.state === "usable")).toHaveLength(1);
  });

  it("never open the installation again, also when all of them have ended", async () => {
    const { access, clock } = await withAdmin();
    clock.advance(366 * DAY_MS);
    expect(await access.isOpen()).toBe(false);
    expect(await access.hasUsableAdminKey()).toBe(false);
  });

  it("are looked at no more after ten different wrong ones, for a quarter of an hour", async () => {
    const { access, admin, clock } = await withAdmin();
    const refusals: unknown[] = [];
    access.subscribeRefusals((refusal) => refusals.push(refusal));
    for (let count = 0; count < 10; count++) {
      await expect(access.proveKey(`guess ${count}`, from)).rejects.toMatchObject({
        code: "unauthenticated",
      });
    }
    await expect(access.proveKey(admin, from)).rejects.toMatchObject({
      code: "too_many_attempts",
      details: { retry_after_seconds: 900 },
    });
    await access.proveKey(admin, "10.0.0.2");
    clock.advance(15 * MINUTE_MS);
    await access.proveKey(admin, from);
    expect(refusals).toEqual([
      ...Array(10).fill({ reason: "unknown", source: from, keyId: undefined }),
      { reason: "too_many_attempts", source: from, keyId: admin.slice(0, 13) },
    ]);
  });
});

describe("sessions", () => {
  it("begin with a key and a token of their own each time; the former one of the browser ends", async () => {
    const { access, admin, audit } = await withAdmin();
    const proof = await access.proveKey(admin, from);
    const first = await access.signIn(proof, browser);
    const second = await access.signIn(proof, { ...browser, formerToken: first.token });
    expect(second.token).not.toBe(first.token);
    expect(await access.proveSession(first.token, { idle: false })).toBeUndefined();
    expect(await access.proveSession(second.token, { idle: false })).toMatchObject({
      person: "ana",
      role: "admin",
      session_id: second.session.session_id,
    });
    expect(await access.sessions()).toEqual([second.session]);
    expect(await audit.list({ kind: "session.started" }, { limit: 10 })).toMatchObject([
      { actor: "ana", actor_kind: "key", detail: { key_id: proof.key_id } },
      { actor: "ana", actor_kind: "key", detail: { key_id: proof.key_id } },
    ]);
  });

  it("end half an hour after the last hand on the console, however much it asks by itself", async () => {
    const { access, admin, clock } = await withAdmin();
    const { token } = await access.signIn(await access.proveKey(admin, from), browser);
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(MINUTE_MS + 1);
      expect(await access.proveSession(token, { idle: false })).toBeDefined();
    }
    for (let minute = 0; minute < 29; minute++) {
      clock.advance(MINUTE_MS);
      expect(await access.proveSession(token, { idle: true })).toBeDefined();
    }
    clock.advance(MINUTE_MS);
    expect(await access.proveSession(token, { idle: true })).toBeUndefined();
    expect(await access.proveSession(token, { idle: false })).toBeUndefined();
  });

  it("end after twelve hours, however busy, and with the key", async () => {
    const { access, admin, clock } = await withAdmin();
    const { token } = await access.signIn(await access.proveKey(admin, from), browser);
    for (let count = 0; count < 47; count++) {
      clock.advance(15 * MINUTE_MS);
      expect(await access.proveSession(token, { idle: false })).toBeDefined();
    }
    clock.advance(15 * MINUTE_MS);
    expect(await access.proveSession(token, { idle: false })).toBeUndefined();
  });

  it("are ended by their person or by who manages keys, and by nobody else", async () => {
    const { access, admin } = await withAdmin();
    const ben = await access.createKey({ person: "ben", role: "reviewer" }, root);
    const one = await access.signIn(await access.proveKey(admin, from), browser);
    const other = await access.signIn(await access.proveKey(ben.secret, from), browser);
    const actor = { name: "ben", kind: "key" } as const;
    expect(await access.sessions("ben")).toEqual([other.session]);
    await expect(access.endSession(one.session.session_id, { actor, person: "ben" })).rejects.toMatchObject({
      code: "unknown_session",
    });
    await access.endSession(other.session.session_id, { actor, person: "ben" });
    expect(await access.proveSession(other.token, { idle: false })).toBeUndefined();
    await access.endSession(one.session.session_id, { actor });
    expect(await access.sessions()).toEqual([]);
    await expect(access.endSession(one.session.session_id, { actor })).rejects.toMatchObject({
      code: "unknown_session",
    });
  });

  it("are not for an agent's key, which may see nothing", async () => {
    const { access } = await withAdmin();
    const agent = await access.createKey({ person: "triage bot", role: "agent" }, root);
    await expect(access.signIn(await access.proveKey(agent.secret, from), browser)).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  it("are forgotten a month after they ran out", async () => {
    const { access, admin, clock, database } = await withAdmin();
    const proof = await access.proveKey(admin, from);
    await access.signIn(proof, browser);
    clock.advance(12 * HOUR_MS + 30 * DAY_MS + 1);
    await access.signIn(proof, browser);
    expect(await database.kysely.selectFrom("sessions").selectAll().execute()).toHaveLength(1);
  });
});
