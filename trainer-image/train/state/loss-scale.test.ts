import { describe, expect, test } from '@jest/globals';
import { afterStep, INITIAL_LOSS_SCALE } from './loss-scale.ts';
import type { LossScaleState } from './loss-scale.ts';

function afterSteps(start: LossScaleState, count: number): LossScaleState {
  return Array.from({ length: count }).reduce<LossScaleState>((state) => afterStep(state, true), start);
}

describe('the loss scale', () => {
  test('halves at once when gradients are not finite, and counts finite steps anew', () => {
    const grown = afterSteps(INITIAL_LOSS_SCALE, 1999);
    expect(grown).toEqual({ scale: 65536, finiteSteps: 1999 });
    expect(afterStep(grown, false)).toEqual({ scale: 32768, finiteSteps: 0 });
  });

  test('doubles after 2000 finite steps in a row', () => {
    expect(afterSteps(INITIAL_LOSS_SCALE, 2000)).toEqual({ scale: 131072, finiteSteps: 0 });
    expect(afterSteps(INITIAL_LOSS_SCALE, 4000).scale).toBe(262144);
  });

  test('stays between 1 and 2^24', () => {
    const overflowing = Array.from({ length: 40 }).reduce<LossScaleState>(
      (state) => afterStep(state, false),
      INITIAL_LOSS_SCALE,
    );
    expect(overflowing.scale).toBe(1);
    expect(afterSteps({ scale: 2 ** 24, finiteSteps: 0 }, 2000).scale).toBe(2 ** 24);
  });
});
