/** The same steps in much memory and in little, on one lane and on two: the numbers must not tell them apart. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Trace, type TraceSettings, trainTrace } from '../../../test/support/step-bench.ts';
import { NotEnoughMemoryError } from '../errors.ts';

const SHAPES = [
  { clips: 16, groups: 4, frames: 4, cropSize: 24 },
  { clips: 8, groups: 4, frames: 4, cropSize: 32 },
];
const SETTINGS: TraceSettings = { shapes: SHAPES, steps: 4, cores: 1, microBatch: 0, recompute: 'Never' };

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

/** The trace under the largest limit, in steps of a seventh, that makes the trace what is wanted. */
async function shortOfMemory(settings: TraceSettings, isWanted: (trace: Trace) => boolean): Promise<Trace> {
  for (let activationMiB = 5; activationMiB > 1; activationMiB *= 0.85) {
    const trace = await trainTrace({ ...settings, activationMiB });
    if (isWanted(trace)) {
      return trace;
    }
  }
  throw new Error('no limit leads to what is wanted');
}

const areAllReduced = ({ microBatches }: Trace): boolean => microBatches.every(({ count }) => count > 1);

let whole: Trace;

beforeAll(async () => {
  whole = await trainTrace(SETTINGS);
});

describe('a step that does not fit into memory', () => {
  test('is done again in smaller micro-batches, with the numbers it would have had', async () => {
    const short = await shortOfMemory(SETTINGS, areAllReduced);
    expect(short.reductions[0]?.from.clips).toBe(16);
    for (const { from, to } of short.reductions) {
      expect(to.clips).toBe(from.clips / 2);
    }
    expect(short.reductions[0]?.cause).toMatch(/smaller than requested bytes/);
    expect(largestDifference(short.losses, whole.losses)).toBeLessThan(1e-6);
    expect(largestDifference(short.parameters, whole.parameters)).toBeLessThan(5e-5);
  });

  test('is found before training when shapes are probed, and the probe leaves no trace', async () => {
    const settings = { ...SETTINGS, probes: true };
    const probed = await trainTrace(settings);
    expect(probed.losses).toEqual(whole.losses);
    expect(largestDifference(probed.parameters, whole.parameters)).toBe(0);
    const short = await shortOfMemory(settings, areAllReduced);
    expect(largestDifference(short.losses, whole.losses)).toBeLessThan(1e-6);
  });

  test('ends the run with the numbers and a way out when not even one group fits', async () => {
    const tooShort = trainTrace({ ...SETTINGS, activationMiB: 0.1 });
    await expect(tooShort).rejects.toThrow(NotEnoughMemoryError);
    await expect(tooShort).rejects.toThrow(
      /group of 4 clips of 4 x 24 x 24 .* 0 MiB for activations.*recompute to Auto.*activationMemoryMiB/,
    );
  });
});

describe('the same steps', () => {
  test('have the same bits every time they are run', async () => {
    const settings = { ...SETTINGS, cores: 2 };
    const first = await trainTrace(settings);
    const second = await trainTrace(settings);
    expect(second.losses).toEqual(first.losses);
    expect(largestDifference(second.parameters, first.parameters)).toBe(0);
  });

  test('give the same losses to 1e-6 on one lane, on two, and in micro-batches of one group', async () => {
    const others = [
      await trainTrace({ ...SETTINGS, cores: 2 }),
      await trainTrace({ ...SETTINGS, microBatch: 2 }),
      await trainTrace({ ...SETTINGS, cores: 2, microBatch: 2 }),
    ];
    for (const other of others) {
      expect(largestDifference(other.losses, whole.losses)).toBeLessThan(1e-6);
      expect(largestDifference(other.parameters, whole.parameters)).toBeLessThan(5e-5);
    }
  });
});
