/**
 * A 53-bit hash of each row: of all its features, as numbers (-0 is 0), and its label. The same on every
 * machine. Cost O(rows · columns).
 */
export function hashRows(columns: readonly Float64Array[], labels: Uint16Array): Float64Array {
  const hashes = new Float64Array(labels.length);
  const one = new Float64Array([1]);
  const bits = new Uint32Array(one.buffer);
  // 1.0 has its bits in the upper half alone: this finds which half that is on this machine.
  const upper = bits[1] === 0 ? 0 : 1;
  for (let row = 0; row < labels.length; row++) {
    let a = 0x9e3779b9 ^ labels[row]!;
    let b = 0x85ebca6b;
    for (const values of columns) {
      one[0] = values[row]! + 0;
      const low = bits[1 - upper]!;
      const high = bits[upper]!;
      a = Math.imul(a ^ low, 0xcc9e2d51);
      a = Math.imul(((a << 13) | (a >>> 19)) ^ high, 0x1b873593);
      b = Math.imul(b ^ high, 0xc2b2ae35);
      b = Math.imul(((b << 15) | (b >>> 17)) ^ low ^ a, 0x27d4eb2f);
    }
    hashes[row] = (a >>> 0) * 2097152 + ((b ^ (b >>> 15)) >>> 11);
  }
  return hashes;
}
