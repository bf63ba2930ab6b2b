/**
 * A key: what proves who makes a request. `rl_k7h2m9qx3v_…`: the part up to the second underscore is the
 * key's id, no secret, shown wherever the key is spoken of; the whole is the secret, shown once.
 *
 * Stored is its SHA-256. A slow hash (argon2, bcrypt) makes guessing expensive where people choose the secret;
 * these 43 characters are drawn at random from 62, which is 256 bits: nobody gets through them at any speed,
 * and a fast hash lets each request be checked without a cache of secrets in memory.
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
/** 36^10: two keys of one installation will not meet. */
const ID_LENGTH = 10;
/** No hyphen and no further underscore: two clicks select the whole. */
const SECRET_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** 62^43 > 2^256. */
const SECRET_LENGTH = 43;

const secretPattern = new RegExp(`^(rl_[a-z0-9]{${ID_LENGTH}})_[A-Za-z0-9]{${SECRET_LENGTH}}$`);

const idPattern = new RegExp(`^rl_[a-z0-9]{${ID_LENGTH}}$`);

export interface NewSecret {
  readonly keyId: string;
  readonly secret: string;
}

/** A fresh key. */
export function newKeySecret(): NewSecret {
  const keyId = `rl_${draw(ID_CHARACTERS, ID_LENGTH)}`;
  return { keyId, secret: `${keyId}_${newRandomText()}` };
}

/** 256 random bits as text: the secret part of a key, or the token of a session. */
export function newRandomText(): string {
  return draw(SECRET_CHARACTERS, SECRET_LENGTH);
}

function draw(characters: string, length: number): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join("");
}

/** The id in a secret, or undefined where the text is no key at all. */
export function parseKeyId(secret: string): string | undefined {
  return secretPattern.exec(secret)?.[1];
}

const secretAnywhere = new RegExp(
  `(?<=rl_[a-z0-9]{${ID_LENGTH}}_)[A-Za-z0-9]{${SECRET_LENGTH}}(?![A-Za-z0-9])`,
  "g",
);

/** The text with the secret of every key in it left out; ids stay. For what is written down, such as the log. */
export function withoutSecrets(text: string): string {
  return text.replace(secretAnywhere, "…");
}

/** Whether a text could be a key's id. */
export function isKeyId(text: string): boolean {
  return idPattern.test(text);
}

/** SHA-256, hex. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

const noHash = "0".repeat(64);

/** Whether a secret has the stored hash; takes the same time where there is none stored, and wherever they differ. */
export function matchesSecret(storedHash: string | undefined, secret: string): boolean {
  const same = timingSafeEqual(
    Buffer.from(hashSecret(secret), "hex"),
    Buffer.from(storedHash ?? noHash, "hex"),
  );
  return same && storedHash !== undefined;
}

/** Whether two secrets of any length are the same, in a time that depends on neither. */
export function isSameSecret(one: string, other: string): boolean {
  return matchesSecret(hashSecret(one), other);
}

/** A person's name as it is kept: composed letters, no blanks around or doubled. Throws `invalid_input`. */
export function checkPerson(person: string): string {
  const name = oneLine("person", person, MAX_PERSON);
  if (name.toLowerCase().startsWith("relearn:")) {
    throw new RelearnError(
      "invalid_input",
      `The person cannot be "${name}": names that begin with "relearn:" are Relearn's own.`,
    );
  }
  return name;
}

export function checkKeyName(name: string): string {
  return oneLine("name", name, MAX_KEY_NAME);
}

function oneLine(what: string, text: string, most: number): string {
  const tidy = text.normalize("NFC").trim().replace(/\s+/gu, " ");
  if (tidy === "" || tidy.length > most || /[\p{Cc}\p{Cf}\p{Cs}]/u.test(tidy)) {
    throw new RelearnError(
      "invalid_input",
      `The ${what} must be one line of 1 to ${most} characters without control or invisible ones.`,
      { details: { field: what } },
    );
  }
  return tidy;
}

/** When a key ends must lie ahead. Throws `invalid_input`. */
export function checkExpiry(expiresAt: string | null, now: Date): Date | null {
  if (expiresAt === null) return null;
  const at = new Date(expiresAt);
  if (Number.isNaN(at.getTime()) || at <= now) {
    throw new RelearnError(
      "invalid_input",
      `The key would end at ${expiresAt}; it must be a time after ${now.toISOString()}, or null for no end.`,
      { details: { field: "expires_at" } },
    );
  }
  return at;
}

/** The name of a person with the same letters in another spelling of capitals, where there is one. */
export function otherSpelling(person: string, persons: readonly string[]): string | undefined {
  const folded = person.toLowerCase();
  return persons.includes(person) ? undefined : persons.find((one) => one.toLowerCase() === folded);
}
