/**
 * API keys. `rl_k7h2m9qx3v_…`: the part before the second underscore is the id of the key, which is not secret
 * and is shown in lists and logs; the whole is the secret, shown once.
 *
 * Only the SHA-256 of the secret is stored. A slow hash (argon2, bcrypt) protects secrets that people choose;
 * these 43 characters are random, which is 256 bits and cannot be guessed. A fast hash allows every request to
 * be checked without a cache of secrets in memory.
 */

import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import { MAX_KEY_NAME, MAX_PERSON } from "@relearn/contract";
import { RelearnError } from "../errors.ts";

export type KeyState = "usable" | "expired" | "revoked";

export interface KeyLifetime {
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

export function keyState(key: KeyLifetime, now: Date): KeyState {
  if (key.revoked_at !== null) return "revoked";
  return key.expires_at !== null && key.expires_at <= now ? "expired" : "usable";
}

const ID_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
/** 36^10 ids: collisions within an installation are negligible. */
const ID_LENGTH = 10;
/** No hyphen and no underscore, so that a double click selects the whole key. */
const SECRET_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** 62^43 > 2^256. */
const SECRET_LENGTH = 43;

const secretPattern = new RegExp(`^(rl_[a-z0-9]{${ID_LENGTH}})_[A-Za-z0-9]{${SECRET_LENGTH}}$`);

const idPattern = new RegExp(`^rl_[a-z0-9]{${ID_LENGTH}}$`);

export interface NewSecret {
  readonly keyId: string;
  readonly secret: string;
}

/** Generates a key. */
export function newKeySecret(): NewSecret {
  const keyId = `rl_${draw(ID_CHARACTERS, ID_LENGTH)}`;
  return { keyId, secret: `${keyId}_${newRandomText()}` };
}

/** Generates 256 random bits as text: the secret part of a key, or the token of a session. */
export function newRandomText(): string {
  return draw(SECRET_CHARACTERS, SECRET_LENGTH);
}

function draw(characters: string, length: number): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join("");
}

/** Returns the id in a secret, or undefined if the text is not a key. */
export function parseKeyId(secret: string): string | undefined {
  return secretPattern.exec(secret)?.[1];
}

const secretAnywhere = new RegExp(
  `(?<=rl_[a-z0-9]{${ID_LENGTH}}_)[A-Za-z0-9]{${SECRET_LENGTH}}(?![A-Za-z0-9])`,
  "g",
);

/** Replaces the secret of every key in a text, such as a log line; ids remain. */
export function withoutSecrets(text: string): string {
  return text.replace(secretAnywhere, "…");
}

/** Returns whether a text has the form of a key id. */
export function isKeyId(text: string): boolean {
  return idPattern.test(text);
}

/** Computes the SHA-256 of a secret, in hex. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

const noHash = "0".repeat(64);

/** Returns whether a secret has the stored hash, in constant time, also if none is stored. */
export function matchesSecret(storedHash: string | undefined, secret: string): boolean {
  const same = timingSafeEqual(
    Buffer.from(hashSecret(secret), "hex"),
    Buffer.from(storedHash ?? noHash, "hex"),
  );
  return same && storedHash !== undefined;
}

/** Returns whether two secrets of any length are equal, in constant time. */
export function isSameSecret(one: string, other: string): boolean {
  return matchesSecret(hashSecret(one), other);
}

/** Normalizes the name of a person: NFC, trimmed, single spaces. Throws `invalid_input`. */
export function checkPerson(person: string): string {
  const name = normalizeLine("person", person, MAX_PERSON);
  if (name.toLowerCase().startsWith("relearn:")) {
    throw new RelearnError(
      "invalid_input",
      `The person cannot be "${name}": names that begin with "relearn:" are reserved.`,
    );
  }
  return name;
}

export function checkKeyName(name: string): string {
  return normalizeLine("name", name, MAX_KEY_NAME);
}

function normalizeLine(field: string, text: string, maxLength: number): string {
  const line = text.normalize("NFC").trim().replace(/\s+/gu, " ");
  if (line === "" || line.length > maxLength || /[\p{Cc}\p{Cf}\p{Cs}]/u.test(line)) {
    throw new RelearnError(
      "invalid_input",
      `The ${field} must be one line of 1 to ${maxLength} characters without control characters or invisible characters.`,
      { details: { field } },
    );
  }
  return line;
}

/** Parses the expiry of a key, which must be in the future. Throws `invalid_input`. */
export function checkExpiry(expiresAt: string | null, now: Date): Date | null {
  if (expiresAt === null) return null;
  const at = new Date(expiresAt);
  if (Number.isNaN(at.getTime()) || at <= now) {
    throw new RelearnError(
      "invalid_input",
      `The key cannot expire at ${expiresAt}; give a time after ${now.toISOString()}, or null for no expiry.`,
      { details: { field: "expires_at" } },
    );
  }
  return at;
}

/** Returns a known person whose name differs only in upper and lower case, or undefined. */
export function findOtherSpelling(person: string, persons: readonly string[]): string | undefined {
  const folded = person.toLowerCase();
  return persons.includes(person) ? undefined : persons.find((one) => one.toLowerCase() === folded);
}
