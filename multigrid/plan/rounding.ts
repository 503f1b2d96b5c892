/** Rounding: that of the reference implementation for shapes, batches and epochs, and that of decimals for rates. */

/** Nearest integer, halves to the even one (Python's `round`): 2.5 -> 2, 3.5 -> 4. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) {
    return below % 2 === 0 ? below : below + 1;
  }
  return rest < 0.5 ? below : below + 1;
}

/** A power without the noise of binary fractions: 0.1 squared is 0.01, not 0.010000000000000002. */
export function decimalPower(base: number, exponent: number): number {
  return Number((base ** exponent).toPrecision(15));
}
