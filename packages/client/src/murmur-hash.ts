/**
 * Computes MurmurHash3 x86 32 (Austin Appleby, 2011, public domain) over the UTF-8 of a string.
 *
 * A lone surrogate counts as U+FFFD, as in `TextEncoder`. Not for secrets. `murmurHash3After` is faster for many texts with
 * the same prefix.
 */
export function murmurHash3(text: string, seed = 0): number {
  return murmurHash3After("", seed)(text);
}

/**
 * Returns a function that computes the hash of `prefix + text`; the contribution of the prefix is computed once.
 * `prefix` must not end in the first half of a surrogate pair.
 */
export function murmurHash3After(prefix: string, seed = 0): (text: string) => number {
  const hash = signedMurmurHash3After(prefix, seed);
  return (text) => hash(text) >>> 0;
}

/**
 * Returns the hash of `murmurHash3After` as a signed number in [-2^31, 2^31). Engines pass such numbers without allocation;
 * above 2^31 they would allocate an object, which takes as long as hashing a short id.
 *
 * It allocates no buffer of bytes: `TextEncoder.encodeInto` alone takes as long as reading 30 characters. Most ids are ASCII,
 * so four characters are combined to a word without testing each; if one of them is not ASCII, `hashAnyText` hashes the
 * text. The loops are part of the closure, since a function call would add a quarter to the time of a short id.
 */
export function signedMurmurHash3After(prefix: string, seed = 0): (text: string) => number {
  const bytes = new TextEncoder().encode(prefix);
  const whole = bytes.length & ~3;
  let hashSoFar = seed | 0;
  for (let at = 0; at < whole; at += 4) {
    hashSoFar = mix(
      hashSoFar,
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24),
    );
  }
  let wordSoFar = 0;
  let shiftSoFar = 0;
  for (let at = whole; at < bytes.length; at++) {
    wordSoFar |= bytes[at]! << shiftSoFar;
    shiftSoFar += 8;
  }
  const state: HashState = { hash: hashSoFar, word: wordSoFar, shift: shiftSoFar, length: bytes.length };
  const { hash: startHash, word: startWord, shift: startShift, length: startLength } = state;

  return (text) => {
    const { length } = text;
    let hash = startHash;
    let word = startWord;
    let shift = startShift;
    let seen = 0;
    let at = 0;
    // Up to three characters complete the last word of the prefix.
    while (shift !== 0 && at < length) {
      const code = text.charCodeAt(at++);
      seen |= code;
      word |= code << shift;
      shift += 8;
      if (shift === 32) {
        hash = mix(hash, word);
        word = 0;
        shift = 0;
      }
    }
    for (; at + 3 < length; at += 4) {
      const first = text.charCodeAt(at);
      const second = text.charCodeAt(at + 1);
      const third = text.charCodeAt(at + 2);
      const fourth = text.charCodeAt(at + 3);
      seen |= first | second | third | fourth;
      hash = mix(hash, first | (second << 8) | (third << 16) | (fourth << 24));
    }
    for (; at < length; at++) {
      const code = text.charCodeAt(at);
      seen |= code;
      word |= code << shift;
      shift += 8;
    }
    if (seen > 0x7f) return hashAnyText(text, state);
    return finish(hash, word, shift, startLength + length);
  };
}

/** Hash so far, bytes of the incomplete word, number of its bits in use, number of bytes so far. */
interface HashState {
  readonly hash: number;
  readonly word: number;
  readonly shift: number;
  readonly length: number;
}

/** Prefix bits of the first byte of a UTF-8 sequence, by the number of bytes that follow it. */
const leadBits = [0, 0xc0, 0xe0, 0xf0];

function hashAnyText(text: string, state: HashState): number {
  let { hash, word, shift, length } = state;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code >= 0xd800 && code <= 0xdfff) {
      const next = code < 0xdc00 && at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
      if (next >= 0xdc00 && next <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
        at += 1;
      } else {
        code = 0xfffd;
      }
    }
    const following = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    for (let part = following; part >= 0; part--) {
      const bits = code >>> (6 * part);
      const byte = part === following ? leadBits[following]! | bits : 0x80 | (bits & 0x3f);
      word |= byte << shift;
      shift += 8;
      length += 1;
      if (shift === 32) {
        hash = mix(hash, word);
        word = 0;
        shift = 0;
      }
    }
  }
  return finish(hash, word, shift, length);
}

function finish(hashSoFar: number, word: number, shift: number, length: number): number {
  let hash = (shift === 0 ? hashSoFar : hashSoFar ^ scramble(word)) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mix(hash: number, word: number): number {
  const mixed = hash ^ scramble(word);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
