/**
 * First values of a network's parameters. In: the declared parameters and a seed. Out: one array per parameter, the same
 * for the same seed everywhere.
 */
import { elementCount } from '../graph/value.ts';
import type { ParameterInfo } from './network.ts';
import { normalNumbers } from './random.ts';

/** How a parameter gets its first values. */
export type Initialization =
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** Numbers that a file brings. */
  | { readonly kind: 'stored'; readonly values: Float32Array };

export interface DeclaredParameter extends ParameterInfo {
  readonly initialization: Initialization;
}

/** Of the classifier's weights, as published. */
export const CLASSIFIER_WEIGHTS: Initialization = { kind: 'normal', deviation: 0.01 };

/** He: the variance of the gradients is kept, so the deviation counts the channels and taps that come out. */
export function heWeights(channels: number, kernel: readonly number[]): Initialization {
  return { kind: 'normal', deviation: Math.sqrt(2 / (channels * elementCount(kernel))) };
}

export function initialValues(
  parameters: readonly DeclaredParameter[],
  seed: number,
): ReadonlyMap<string, Float32Array> {
  return new Map(parameters.map((parameter) => [parameter.name, valuesOf(parameter, seed)]));
}

function valuesOf({ name, dims, initialization }: DeclaredParameter, seed: number): Float32Array {
  switch (initialization.kind) {
    case 'stored':
      return initialization.values.slice();
    case 'constant':
      return new Float32Array(elementCount(dims)).fill(initialization.value);
    case 'normal': {
      const next = normalNumbers(seed, name);
      return new Float32Array(elementCount(dims)).map(() => initialization.deviation * next());
    }
  }
}
