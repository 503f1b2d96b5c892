/**
 * Philox4x32-10, the counter-based generator of Random123 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011). A counter and a key go in, four random words come out; there is no state, so any draw of any epoch is
 * computed on its own. `draws.ts` gives the counter its meaning; the known answers of Random123 are in the test.
 */

/** Four unsigned 32-bit words. */
export type Words = readonly [number, number, number, number];

const ROUNDS = 10;
const MULTIPLIER_A = 0xd2511f53;
const MULTIPLIER_B = 0xcd9e8d57;
const WEYL_A = 0x9e3779b9;
const WEYL_B = 0xbb67ae85;

/** Four random words, each an unsigned 32-bit integer. */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3]: [number, number, number, number] = [...counter];
  let [k0, k1] = [key[0], key[1]];
  for (let round = 0; round < ROUNDS; round += 1) {
    const highA = multiplyHigh(MULTIPLIER_A, c0);
    const lowA = Math.imul(MULTIPLIER_A, c0);
    const highB = multiplyHigh(MULTIPLIER_B, c2);
    const lowB = Math.imul(MULTIPLIER_B, c2);
    c0 = highB ^ c1 ^ k0;
    c1 = lowB;
    c2 = highA ^ c3 ^ k1;
    c3 = lowA;
    k0 = (k0 + WEYL_A) | 0;
    k1 = (k1 + WEYL_B) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** Upper 32 bits of the 64-bit product, from four products of 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + (carry >>> 16)) | 0;
}
