/**
 * Derivative rules against differences of their own forward pass. In: cases by operation. Out: jest tests, one per case.
 * The two tables of cases (`rules.test.ts`, `imported-rules.test.ts`) are typed by the table of rules between them: a rule
 * without a case does not compile.
 */
import { elementCount } from '../../trainer-image/graph/value.ts';
import { describe, expect, test } from '@jest/globals';
import type { Graph, GraphDevice } from '../../trainer-image/graph/graph.ts';
import type { Value } from '../../trainer-image/graph/value.ts';
import type { Result } from '../../trainer-image/autodiff/rule.ts';
import { RULES } from '../../trainer-image/autodiff/rules.ts';
import { compareDerivatives, randomDirection } from './directional-difference.ts';
import type { DifferenceCase } from './directional-difference.ts';

/** Operations that only networks from files are made of. */
export type ImportedOperation =
  | 'maximum'
  | 'minimum'
  | 'erf'
  | 'absolute'
  | 'negate'
  | 'reciprocal'
  | 'softplus'
  | 'sine'
  | 'cosine'
  | 'power'
  | 'clamp'
  | 'select'
  | 'reshape'
  | 'transpose'
  | 'expand'
  | 'pad'
  | 'slice'
  | 'concat'
  | 'gather'
  | 'resample'
  | 'sumOver'
  | 'meanOver'
  | 'matrixMultiply'
  | 'softmax'
  | 'logSoftmax'
  | 'layerNorm'
  | 'standardize'
  | 'convolution'
  | 'volumeConvolution'
  | 'axisMaxPool'
  | 'axisSumPool';

/** Inputs by their dims: `mixed` in [-1, 1], `positive` in [0.5, 1.5], `distinct` whole numbers without ties. */
export interface Input {
  readonly dims: readonly number[];
  readonly values?: 'mixed' | 'positive' | 'distinct' | 'awayFromZero';
}

export interface Case {
  readonly inputs: readonly Input[];
  /** What the options are, for the name of the test. */
  readonly note?: string;
  readonly apply: DifferenceCase['apply'];
  /** Inputs that have a gradient; all when left out. */
  readonly by?: readonly number[];
  readonly step?: number;
}

/** The differences of these are exact but for rounding, so the step may be long. */
export const LINEAR_STEP = 1;
export const SMOOTH_STEP = 0.05;
export const TOLERANCE = 2e-4;

export const one =
  (apply: (graph: Graph, inputs: readonly [Value]) => Result): Case['apply'] =>
  (graph, [x]) =>
    apply(graph, [x!]);
export const two =
  (apply: (graph: Graph, inputs: readonly [Value, Value]) => Result): Case['apply'] =>
  (graph, [a, b]) =>
    apply(graph, [a!, b!]);
export const three =
  (apply: (graph: Graph, inputs: readonly [Value, Value, Value]) => Result): Case['apply'] =>
  (graph, [a, b, c]) =>
    apply(graph, [a!, b!, c!]);

export const ofOne = (
  name:
    | 'relu'
    | 'sigmoid'
    | 'tanh'
    | 'exp'
    | 'log'
    | 'sqrt'
    | 'erf'
    | 'absolute'
    | 'negate'
    | 'reciprocal'
    | 'softplus'
    | 'sine'
    | 'cosine',
  values: NonNullable<Input['values']>,
): Case[] => [
  { inputs: [{ dims: [5, 7], values }], apply: one((graph, inputs) => RULES[name](graph, inputs, {})) },
];

export function testDerivatives(
  table: Readonly<Record<string, readonly Case[]>>,
  device: GraphDevice = 'cpu',
): void {
  describe.each(Object.entries(table))(`the derivative of %s for ${device}`, (operation, cases) => {
    test.each(cases.map((testCase, index) => [describeCase(testCase), testCase, index] as const))(
      'agrees with differences of the forward pass at %s',
      async (_, testCase, index) => {
        const inputs = testCase.inputs.map((input, position) => ({
          dims: input.dims,
          data: inputData(
            input,
            operation === 'softmaxCrossEntropy' && position === 1,
            10 * index + position,
          ),
        }));
        const derivatives = await compareDerivatives({
          apply: testCase.apply,
          inputs,
          by: testCase.by ?? inputs.map((_input, position) => position),
          step: testCase.step ?? SMOOTH_STEP,
          seed: 100 + index,
          device,
        });
        for (const { input, rule, difference, scale } of derivatives) {
          expect({
            input,
            error: Math.abs(rule - difference) / scale < TOLERANCE ? 0 : { rule, difference },
          }).toEqual({
            input,
            error: 0,
          });
          expect(scale).toBeGreaterThan(0);
        }
      },
    );
  });
}

function describeCase({ inputs, note }: Case): string {
  const shapes = inputs.map(({ dims }) => `[${dims.join(', ')}]`).join(' and ');
  return note === undefined ? shapes : `${shapes}, ${note}`;
}

/** Deterministic data; rows of a probability target are made to sum to 1. */
function inputData({ dims, values = 'mixed' }: Input, isDistribution: boolean, seed: number): Float32Array {
  const length = elementCount(dims);
  const mixed = randomDirection(length, seed + 7);
  switch (values) {
    case 'mixed':
      return mixed;
    case 'positive': {
      const positive = mixed.map((value) => 1 + value / 2);
      return isDistribution ? normalizeRows(positive, dims[1]!) : positive;
    }
    case 'awayFromZero':
      return mixed.map((value) => (value < 0 ? value - 0.5 : value + 0.5));
    case 'distinct':
      return shuffledIntegers(mixed);
  }
}

function normalizeRows(values: Float32Array, columns: number): Float32Array {
  return values.map((value, index) => {
    const start = index - (index % columns);
    return value / values.slice(start, start + columns).reduce((sum, entry) => sum + entry, 0);
  });
}

/** Ranks of random numbers: whole numbers in random order, so that no step of the test changes which is largest. */
function shuffledIntegers(keys: Float32Array): Float32Array {
  const order = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
  const ranks = new Float32Array(keys.length);
  order.forEach((index, rank) => {
    ranks[index] = rank;
  });
  return ranks;
}
