import { describe, expect, test } from '@jest/globals';
import { lanesWithinArena, memoryLeftForActivations, processMemoryBytes } from './memory-limit.ts';

const GIB = 2 ** 30;
const USE = { memoryBytes: 8 * GIB, parameterBytes: GIB, decoders: 2, cacheBytes: GIB };

describe('the memory for activations', () => {
  test('is what parameters, decoders and the trainer leave', () => {
    const bytes = memoryLeftForActivations(0, USE);
    expect(bytes).toBeLessThan(6 * GIB);
    expect(bytes).toBeGreaterThan(5 * GIB);
    expect(memoryLeftForActivations(0, { ...USE, parameterBytes: 2 * GIB })).toBe(bytes - GIB);
    expect(memoryLeftForActivations(0, { ...USE, cacheBytes: 0 })).toBe(bytes + GIB);
    expect(memoryLeftForActivations(0, { ...USE, decoders: 3 })).toBeLessThan(bytes);
  });

  test('is what the job says when it says something', () => {
    expect(memoryLeftForActivations(300, USE)).toBe(300 * 2 ** 20);
  });

  test('is never nothing, so that the step can tell what does not fit', () => {
    expect(memoryLeftForActivations(0, { ...USE, memoryBytes: GIB })).toBeGreaterThan(0);
  });
});

test('as many runs go on at once as have room for their gradients in one arena', () => {
  expect(lanesWithinArena(2 ** 20, 64)).toBe(64);
  // SlowFast R50 with 34.6 million parameters: 16 cores would need 4.4 GiB.
  const lanes = lanesWithinArena(34.6e6 * 4, 16);
  expect(lanes).toBeGreaterThan(12);
  expect((2 + 2 * lanes) * 34.6e6 * 4).toBeLessThan(4 * GIB);
  expect(lanesWithinArena(2 * GIB, 16)).toBe(1);
});

test('the memory of a process is the limit of its container where there is one', () => {
  expect(processMemoryBytes(8 * GIB, 2 * GIB)).toBe(2 * GIB);
  expect(processMemoryBytes(8 * GIB, 0)).toBe(8 * GIB);
  expect(processMemoryBytes(8 * GIB, 2 ** 63)).toBe(8 * GIB);
});
