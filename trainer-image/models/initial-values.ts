/**
 * First values of a network's parameters. In: the declared parameters and a seed. Out: one array per parameter, the same
 * for the same seed everywhere. The trainer copies them into its arena.
 */
import { elementCount } from '../graph/value.ts';
import type { DeclaredParameter } from './parameter-layers.ts';
import { normalNumbers } from './random.ts';

export function initialValues(
  parameters: readonly DeclaredParameter[],
  seed: number,
): ReadonlyMap<string, Float32Array> {
  return new Map(parameters.map((parameter) => [parameter.name, drawValues(parameter, seed)]));
}

/** First values of one parameter. */
export function drawValues(
  { name, dims, initialization }: Pick<DeclaredParameter, 'name' | 'dims' | 'initialization'>,
  seed: number,
): Float32Array {
  const values = new Float32Array(elementCount(dims));
  if (initialization.kind === 'constant') {
    return values.fill(initialization.value);
  }
  const next = normalNumbers(seed, name);
  return values.map(() => initialization.deviation * next());
}
