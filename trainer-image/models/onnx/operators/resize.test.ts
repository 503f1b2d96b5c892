/** Resizing in the modes that exporters write against ONNX Runtime's kernel, at many lengths, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { integers, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';
import { COORDINATES, ROUNDINGS, resizeSums } from './resize-sums.ts';
import type { CoordinateMode, ResizeForm, RoundingMode } from './resize-sums.ts';

interface Wanted {
  readonly sizes?: readonly number[];
  readonly scales?: readonly number[];
  readonly axes?: readonly number[];
}

function resized(
  x: readonly number[],
  { sizes, scales, axes }: Wanted,
  strings: Readonly<Record<string, string>>,
  ints: Readonly<Record<string, number>> = {},
): OperatorCase {
  return {
    nodes: {
      op: 'Resize',
      inputs: ['x', '', scales === undefined ? '' : 'scales', ...(sizes === undefined ? [] : ['sizes'])],
      outputs: ['y'],
      strings,
      ints: { ...ints, ...(axes === undefined ? {} : { axes }) },
    },
    x,
    tensors: {
      ...(sizes === undefined ? {} : { sizes: integers(sizes) }),
      ...(scales === undefined
        ? {}
        : { scales: { type: 'float' as const, dims: [scales.length], data: scales } }),
    },
    opset: 19,
    note: [
      ...Object.values(strings),
      sizes === undefined ? `by [${scales!.join(', ')}]` : `to [${sizes.join(', ')}]`,
    ].join(' '),
    kind: 'exact',
  };
}

const nearest = (coordinates: string, rounding: string): Readonly<Record<string, string>> => ({
  mode: 'nearest',
  coordinate_transformation_mode: coordinates,
  nearest_mode: rounding,
});
const linear = (coordinates: string): Readonly<Record<string, string>> => ({
  mode: 'linear',
  coordinate_transformation_mode: coordinates,
});

describe('Resize', () => {
  testOperator([
    resized([1, 2, 3, 4], { sizes: [1, 2, 6, 8] }, nearest('asymmetric', 'floor')),
    resized([1, 2, 5, 7], { sizes: [1, 2, 3, 4] }, nearest('asymmetric', 'floor')),
    resized([2, 3, 2, 3, 3], { scales: [1, 1, 2, 2, 2] }, nearest('asymmetric', 'floor')),
    resized([1, 2, 6, 5], { sizes: [1, 2, 9, 13] }, nearest('half_pixel', 'round_prefer_floor')),
    resized([1, 2, 6, 5], { sizes: [1, 2, 4, 13] }, nearest('half_pixel', 'round_prefer_ceil')),
    resized([1, 2, 6, 5], { sizes: [1, 2, 4, 9] }, nearest('align_corners', 'ceil')),
    resized([1, 2, 4, 5], { sizes: [1, 2, 8, 7] }, linear('half_pixel')),
    resized([1, 2, 4, 5], { sizes: [1, 2, 1, 7] }, linear('pytorch_half_pixel')),
    resized([2, 3, 4, 5], { sizes: [2, 3, 7, 9] }, linear('align_corners')),
    resized([2, 3, 6, 5], { sizes: [2, 3, 3, 1] }, linear('align_corners')),
    resized([2, 3, 4, 5], { scales: [1, 1, 1.5, 0.7] }, linear('asymmetric')),
    resized([1, 2, 2, 3, 4], { sizes: [1, 2, 4, 5, 3] }, linear('half_pixel')),
    resized([2, 2, 2, 3, 4], { scales: [1, 1, 2, 2, 2] }, linear('pytorch_half_pixel')),
    resized([2, 3, 4], { sizes: [2, 3, 7] }, linear('half_pixel')),
    resized([1, 2, 4, 5], { sizes: [8, 3], axes: [2, 3] }, linear('half_pixel_symmetric')),
    resized([1, 2, 5, 6], { sizes: [1, 2, 9, 4] }, { mode: 'cubic' }),
    resized([1, 2, 5, 6], { sizes: [1, 2, 9, 4] }, { mode: 'cubic' }, { exclude_outside: 1 }),
  ]);

  test.each([
    [{}, { antialias: 1 }, 'antialias is not supported'],
    [{ mode: 'area' }, {}, 'mode area is not supported; nearest, linear, cubic are'],
    [linear('tf_crop_and_resize'), {}, 'coordinate_transformation_mode tf_crop_and_resize is not supported'],
    [{ keep_aspect_ratio_policy: 'not_larger' }, {}, 'keep_aspect_ratio_policy is not supported'],
  ])('with %j %j is refused by the name of the node', (strings, ints, why) => {
    const refusal = refusalOf(resized([1, 2, 3, 4], { sizes: [1, 2, 6, 8] }, strings, ints));
    expect(refusal).toContain(`node "Resize_3" (Resize): ${why}`);
  });

  test('to a size that no axis has is refused', () => {
    expect(refusalOf(resized([1, 2, 3, 4], { sizes: [1, 2, 6, 2 ** 40] }, {}))).toContain(
      'it makes 1099511627776 of the 4 elements along axis 3',
    );
    expect(refusalOf(resized([1, 2, 3, 4], { scales: [1, 1, 0.1, 1] }, {}))).toContain('it makes 0 of the 3');
  });

  test('to sizes of other axes is refused', () => {
    expect(refusalOf(resized([1, 2, 3, 4], { sizes: [6, 8] }, {}))).toContain(
      'it has [6, 8] for 4 axes of [1, 2, 3, 4]',
    );
  });
});

const coordinateModes = Object.keys(COORDINATES) as CoordinateMode[];
const roundingModes = Object.keys(ROUNDINGS) as RoundingMode[];

describe('the sums of a resized axis', () => {
  const forms = fc.record<ResizeForm>({
    mode: fc.constantFrom('nearest', 'linear', 'cubic'),
    coordinates: fc.constantFrom(...coordinateModes),
    rounding: fc.constantFrom(...roundingModes),
    cubic: fc.constant(-0.75),
    isOutsideLeftOut: fc.boolean(),
  });
  const lengths = fc.record({ from: fc.integer({ min: 1, max: 40 }), to: fc.integer({ min: 1, max: 90 }) });

  test('stay on the axis and weigh 1 in all', () => {
    fc.assert(
      fc.property(forms, lengths, (form, { from, to }) => {
        const sums = resizeSums(form, { from, to, scale: Math.fround(to / from) });
        expect(sums).toHaveLength(to);
        for (const terms of sums) {
          expect(terms.every(({ position }) => position >= 0 && position < from)).toBe(true);
          expect(terms.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 5);
        }
      }),
    );
  });

  test('leave an axis of the same length as it is', () => {
    fc.assert(
      fc.property(forms, fc.integer({ min: 1, max: 40 }), (form, length) => {
        const sums = resizeSums(form, { from: length, to: length, scale: 1 });
        sums.forEach((terms, index) => {
          const heavy = terms.filter(({ weight }) => Math.abs(weight) > 1e-6);
          expect(heavy).toEqual([{ position: index, weight: 1 }]);
        });
      }),
    );
  });
});

describe('Resize at lengths drawn at random', () => {
  const drawn = fc.sample(
    fc.record({
      strings: fc.oneof(
        fc.record({
          mode: fc.constant('nearest'),
          coordinate_transformation_mode: fc.constantFrom('half_pixel', 'asymmetric', 'align_corners'),
          nearest_mode: fc.constantFrom(...roundingModes),
        }),
        fc.record({
          mode: fc.constant('linear'),
          coordinate_transformation_mode: fc.constantFrom(...coordinateModes),
        }),
      ),
      from: fc.integer({ min: 1, max: 30 }),
      to: fc.integer({ min: 1, max: 70 }),
    }),
    { numRuns: 60, seed: 7 },
  );
  testOperator(
    drawn.map(({ strings, from, to }) => ({
      ...resized([1, 3, from], { sizes: [1, 3, to] }, strings),
      hasGradient: false,
    })),
  );
});
