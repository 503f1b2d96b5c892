/**
 * Whether numbers are numbers: a NaN or an infinity that gets into parameters or a checkpoint ends a training for good. In:
 * arrays, or a checkpoint to be written. Out: whether all is finite, or an error that names what is not.
 */
import type { Checkpoint } from './checkpoint.ts';

/** What a checkpoint was to keep is NaN or infinite. The one before it stays the newest. */
export class ParametersNotFiniteError extends Error {
  override readonly name = 'ParametersNotFiniteError';

  constructor(iteration: number, what: string) {
    super(
      `${what} has values that are not finite after ${iteration} iterations, so no checkpoint is written of them; the last ` +
        'one before is kept. Lower spec.recipe.learningRate or lengthen spec.recipe.warmup.epochs, and start again',
    );
  }
}

/** One pass without a branch per element: 0 times a finite number is 0, times anything else NaN. */
export function isAllFinite(values: Float32Array): boolean {
  let sum = 0;
  for (const value of values) {
    sum += 0 * value;
  }
  return sum === 0;
}

/** @throws ParametersNotFiniteError when a parameter, what the optimizer remembers of it or a batch-norm statistic is not finite. */
export function requireFinite({ parameters, slots, statistics, place }: Checkpoint): void {
  const named: readonly (readonly [string, Float32Array])[] = [
    ...[...parameters].map(([name, { data }]) => [`parameter ${name}`, data] as const),
    ...[...slots].flatMap(([slot, arrays]) =>
      [...arrays].map(([name, { data }]) => [`the ${slot} of ${name}`, data] as const),
    ),
    ...[...statistics].map(([name, { mean }]) => [`the running mean of ${name}`, mean] as const),
    ...[...statistics].map(([name, { variance }]) => [`the running variance of ${name}`, variance] as const),
  ];
  const broken = named.find(([, values]) => !isAllFinite(values));
  if (broken !== undefined) {
    throw new ParametersNotFiniteError(place.iteration, broken[0]);
  }
}
