import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkExpiry,
  checkKeyName,
  checkPerson,
  findOtherSpelling,
  hashSecret,
  isSameSecret,
  keyState,
  matchesSecret,
  newKeySecret,
  newRandomText,
  parseKeyId,
  withoutSecrets,
} from "./api-key.ts";

describe("a key", () => {
  it("is an id and 256 random bits, selected whole with two clicks", () => {
    const made = Array.from({ length: 200 }, () => newKeySecret());
    for (const { keyId, secret } of made) {
      expect(secret).toMatch(/^rl_[a-z0-9]{10}_[A-Za-z0-9]{43}$/);
      expect(parseKeyId(secret)).toBe(keyId);
    }
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(200);
    expect(43 * Math.log2(62)).toBeGreaterThan(256);
  });

  it("draws every character of its alphabet about equally often", () => {
    const counts = new Map<string, number>();
    const drawn = 62 * 1000;
    const text = Array.from({ length: Math.ceil(drawn / 43) }, () => newRandomText())
      .join("")
      .slice(0, drawn);
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(counts.size).toBe(62);
    // 61 degrees of freedom: above 140 once in 10^7 runs (R: qchisq(1e-7, 61, lower.tail = FALSE) is 137.1).
    expect(chiSquare).toBeLessThan(140);
  });

  it.each([
    "",
    "rl_",
    "rl_k7h2m9qx3v",
    `rl_k7h2m9qx3v_${"a".repeat(42)}`,
    `rl_k7h2m9qx3v_${"a".repeat(44)}`,
    `rl_K7h2m9qx3v_${"a".repeat(43)}`,
    `rl_k7h2m9qx3v_${"a".repeat(42)}-`,
    `xrl_k7h2m9qx3v_${"a".repeat(43)}`,
    `rl_k7h2m9qx3v_${"a".repeat(43)}\n`,
  ])("is not %j", (text) => {
    expect(parseKeyId(text)).toBeUndefined();
  });

  it("loses its secret wherever it stands in a text", () => {
    const { keyId, secret } = newKeySecret();
    expect(withoutSecrets(`GET /v1/keys/${secret}/revocation "${secret}" ${keyId}`)).toBe(
      `GET /v1/keys/${keyId}_…/revocation "${keyId}_…" ${keyId}`,
    );
    expect(withoutSecrets("nothing to hide: rl_a_b")).toBe("nothing to hide: rl_a_b");
  });

  it("is known by its SHA-256, as everybody computes it", () => {
    // printf 'rl_k7h2m9qx3v_abc' | sha256sum
    expect(hashSecret("rl_k7h2m9qx3v_abc")).toBe(
      createHash("sha256").update(Buffer.from("rl_k7h2m9qx3v_abc", "utf8")).digest("hex"),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, other) => {
        expect(matchesSecret(hashSecret(one), one)).toBe(true);
        expect(matchesSecret(hashSecret(one), other)).toBe(one === other);
        expect(matchesSecret(undefined, one)).toBe(false);
        expect(isSameSecret(one, other)).toBe(one === other);
      }),
    );
  });
});

const now = new Date("2026-03-02T12:00:00Z");
const earlier = new Date("2026-03-02T11:59:59Z");
const later = new Date("2026-03-02T12:00:01Z");

it.each([
  [null, null, "usable"],
  [later, null, "usable"],
  [now, null, "expired"],
  [earlier, null, "expired"],
  [null, earlier, "revoked"],
  [later, later, "revoked"],
  [earlier, earlier, "revoked"],
] as const)("a key that ends at %s, revoked at %s, is %s", (expires_at, revoked_at, state) => {
  expect(keyState({ expires_at, revoked_at }, now)).toBe(state);
});

describe("what a key is made with", () => {
  it("keeps one spelling of a person", () => {
    expect(checkPerson("  Zoë \t Müller ")).toBe("Zoë Müller");
    expect(checkPerson("Zoe\u0308")).toBe("Zoë");
    expect(findOtherSpelling("ana", ["Ana", "ben"])).toBe("Ana");
    expect(findOtherSpelling("Ana", ["Ana", "ben"])).toBeUndefined();
    expect(findOtherSpelling("cleo", ["Ana", "ben"])).toBeUndefined();
  });

  it.each([
    "",
    "   ",
    "a\u0000b",
    "a\u200bb",
    "a\u202eb",
    "\ud800",
    "relearn:guard",
    "Relearn:x",
    "a".repeat(201),
  ])("refuses the person %j", (person) => {
    expect(() => checkPerson(person)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });

  it.each(["", "a\nb\u0007", "a".repeat(101)])("refuses the name %j", (name) => {
    expect(() => checkKeyName(name)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });

  it("ends later than now, or never", () => {
    expect(checkExpiry(null, now)).toBeNull();
    expect(checkExpiry("2026-03-02T12:00:01Z", now)).toEqual(later);
    for (const text of ["2026-03-02T12:00:00Z", "2025-01-01T00:00:00Z", "soon", ""]) {
      expect(() => checkExpiry(text, now)).toThrow(expect.objectContaining({ code: "invalid_input" }));
    }
  });
});
