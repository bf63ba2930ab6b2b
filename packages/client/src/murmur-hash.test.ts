import fc from "fast-check";
import { expect, test } from "vitest";
import { murmurHash3, murmurHash3After } from "./murmur-hash.ts";

// Published values, and values of scikit-learn's C implementation:
// python3 -c "from sklearn.utils import murmurhash3_32 as m; print(m('abc'.encode(), seed=0, positive=True))"
const vectors: readonly (readonly [string, number, number])[] = [
  ["", 0, 0],
  ["", 1, 0x514e28b7],
  ["", 0xffffffff, 0x81f16f39],
  ["a", 0, 1009084850],
  ["ab", 0, 2613040991],
  ["abc", 0, 3017643002],
  ["abcd", 0, 1139631978],
  ["hello", 0, 613153351],
  ["hello", 123, 1573043710],
  ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
  ["aaaa", 0x9747b28c, 0x5a97808a],
  ["aaa", 0x9747b28c, 0x283e0130],
  ["ππππππππ", 0x9747b28c, 0xd58063c1],
  ["héllo wörld", 0, 2549609076],
  ["日本語テキスト", 7, 615117431],
  ["🙂👩\u200d🚀", 0, 3456199271],
  ["\ufffd", 0, 3063719617],
  ["gr1:123", 0, 538421172],
  ["x".repeat(1000), 42, 2567314743],
];

test.each(vectors)("hashes %j with seed %i", (text, seed, expected) => {
  expect(murmurHash3(text, seed)).toBe(expected);
});

test("a lone surrogate counts as U+FFFD, as TextEncoder has it", () => {
  expect(murmurHash3("\ud83d")).toBe(murmurHash3("\ufffd"));
  expect(murmurHash3("\ude42x")).toBe(murmurHash3("\ufffdx"));
  expect(murmurHash3("\ud83d\ud83d\ude42")).toBe(murmurHash3("\ufffd🙂"));
});

test("a prepared prefix gives the hash of the whole, wherever the cut falls", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      fc.integer(),
      (prefix, rest, seed) => {
        expect(murmurHash3After(`${prefix}:`, seed)(rest)).toBe(murmurHash3(`${prefix}:${rest}`, seed));
      },
    ),
  );
});
