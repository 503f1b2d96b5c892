/** Nearest legal values of a whole number: what a refused plan suggests instead. Used by every file of this folder. */

/** How far from the present value suggestions are looked for: bounded, so that planning stays fast. */
const MAX_STEPS = 512;

/**
 * The nearest legal number below and the nearest above `current`, whichever exist within reach; ascending.
 *
 * @param isLegal asked for candidates within `min` and `max` only, outwards from `current`
 */
export function nearestLegal(
  current: number,
  range: { readonly min: number; readonly max: number },
  isLegal: (candidate: number) => boolean,
): readonly number[] {
  const found = [-1, 1].flatMap((direction) => {
    for (let step = 1; step <= MAX_STEPS; step += 1) {
      const candidate = current + direction * step;
      if (candidate < range.min || candidate > range.max) {
        return [];
      }
      if (isLegal(candidate)) {
        return [candidate];
      }
    }
    return [];
  });
  return found;
}

/** The members of `nearest` that have something to suggest. */
export function suggestions(
  nearest: Readonly<Record<string, number | string | readonly number[] | null>>,
): Readonly<Record<string, number | string | readonly number[]>> {
  return Object.fromEntries(
    Object.entries(nearest).filter(
      (entry): entry is [string, number | string | readonly number[]] =>
        entry[1] !== null && !(Array.isArray(entry[1]) && entry[1].length === 0),
    ),
  );
}
