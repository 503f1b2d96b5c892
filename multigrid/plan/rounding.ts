/** Rounding as the reference implementation does it. Used wherever a shape, a batch or an epoch is rounded. */

/** Nearest integer, halves to the even one (Python's `round`): 2.5 -> 2, 3.5 -> 4. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) {
    return below % 2 === 0 ? below : below + 1;
  }
  return rest < 0.5 ? below : below + 1;
}
