import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assembleUpdateKernel } from '../../../scripts/build-update-kernel.ts';
import { KERNEL_BASE64 } from './kernel.gen.ts';
import { createUpdateKernel } from './update-kernel.ts';
import type { UpdateCoefficients } from './update-kernel.ts';

const FLOATS_PER_LINE = 16;

interface Numbers {
  readonly parameters: readonly number[];
  readonly momenta: readonly number[];
  readonly lanes: readonly (readonly number[])[];
}

/** The same step in double precision, as torch.optim.SGD is written. */
function referenceStep({ parameters, momenta, lanes }: Numbers, c: UpdateCoefficients): Numbers {
  const velocity = momenta.map((before, at) => {
    const sum = lanes.slice(0, c.lanes).reduce((total, lane) => total + lane[at]!, 0);
    return c.momentum * before + c.gradientScale * sum + c.decay * parameters[at]!;
  });
  const moved = parameters.map((value, at) => {
    const gradient = velocity[at]! - c.momentum * momenta[at]!;
    return value - c.learningRate * (c.nesterov ? gradient + c.momentum * velocity[at]! : velocity[at]!);
  });
  return { parameters: moved, momenta: velocity, lanes };
}

/** Lays the numbers into a shared memory from `start` on, runs the kernel there, reads them back. */
function kernelStep(numbers: Numbers, coefficients: UpdateCoefficients, startLine = 0): Numbers {
  const count = numbers.parameters.length;
  const lanes = numbers.lanes.length;
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const start = startLine * FLOATS_PER_LINE;
  const view = new Float32Array(memory.buffer);
  const offsets = Array.from({ length: 2 + lanes }, (_, set) => start + set * count);
  [numbers.parameters, numbers.momenta, ...numbers.lanes].forEach((values, set) => {
    view.set(values, offsets[set]);
  });
  const after = start + (2 + lanes) * count;
  view[after] = 7;
  createUpdateKernel(memory).update(
    {
      parameters: 4 * offsets[0]!,
      momenta: 4 * offsets[1]!,
      gradients: 4 * offsets[2]!,
      bytes: 4 * count,
      laneBytes: 4 * count,
    },
    coefficients,
  );
  expect(view[after]).toBe(7);
  const read = (set: number): readonly number[] => [...view.subarray(offsets[set], offsets[set]! + count)];
  return { parameters: read(0), momenta: read(1), lanes: numbers.lanes.map((_, lane) => read(2 + lane)) };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  const worst = Math.max(
    ...expected.map((value, at) => Math.abs(value - actual[at]!) / (1 + Math.abs(value))),
  );
  expect(worst).toBeLessThan(1e-6);
}

const float = fc.float({ min: -4, max: 4, noNaN: true });
const numbers = fc
  .record({ lines: fc.integer({ min: 1, max: 5 }), lanes: fc.integer({ min: 1, max: 5 }) })
  .chain(({ lines, lanes }) => {
    const values = fc.array(float, {
      minLength: lines * FLOATS_PER_LINE,
      maxLength: lines * FLOATS_PER_LINE,
    });
    return fc.record({
      parameters: values,
      momenta: values,
      lanes: fc.array(values, { minLength: lanes, maxLength: lanes }),
    });
  });
const coefficients = fc.record({
  gradientScale: fc.float({ min: 0, max: 1, noNaN: true }),
  decay: fc.float({ min: 0, max: Math.fround(0.1), noNaN: true }),
  momentum: fc.float({ min: 0, max: 1, noNaN: true }),
  learningRate: fc.float({ min: 0, max: 1, noNaN: true }),
  nesterov: fc.boolean(),
});

describe('the update kernel', () => {
  test('is what its text source assembles to', async () => {
    expect(Buffer.from(await assembleUpdateKernel()).toString('base64')).toBe(KERNEL_BASE64);
  });

  test('agrees with the same step in double precision, for any numbers, lanes and places in memory', () => {
    fc.assert(
      fc.property(numbers, coefficients, fc.nat(20), (given, settings, startLine) => {
        const full = { ...settings, lanes: given.lanes.length };
        const expected = referenceStep(given, full);
        const actual = kernelStep(given, full, startLine);
        expectClose(actual.parameters, expected.parameters);
        expectClose(actual.momenta, expected.momenta);
        expect(actual.lanes).toEqual(given.lanes);
      }),
    );
  });

  test('sums only the lanes it is told to', () => {
    const ones = Array.from({ length: FLOATS_PER_LINE }, () => 1);
    const given = { parameters: ones, momenta: ones.map(() => 0), lanes: [ones, ones, ones] };
    const settings = { gradientScale: 0.5, decay: 0, momentum: 0, learningRate: 1, nesterov: false };
    expect(kernelStep(given, { ...settings, lanes: 2 }).parameters[0]).toBe(0);
    expect(kernelStep(given, { ...settings, lanes: 1 }).parameters[0]).toBe(0.5);
  });

  test('sums lanes from the first to the last, so that results have the same bits on every run', () => {
    const line = (value: number): number[] => Array.from({ length: FLOATS_PER_LINE }, () => value);
    const given = { parameters: line(0), momenta: line(0), lanes: [line(1e8), line(-1e8), line(1)] };
    const settings = { gradientScale: 1, decay: 0, momentum: 0, learningRate: 1, nesterov: false, lanes: 3 };
    expect(kernelStep(given, settings).parameters[0]).toBe(-1);
    const turned = { ...given, lanes: [line(1), line(1e8), line(-1e8)] };
    expect(kernelStep(turned, settings).parameters[0]).toBe(0);
  });
});
