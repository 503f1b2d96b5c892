/**
 * Networks without running them: their parameters against the published model zoo, their first values, and the specs and
 * shapes they refuse.
 */
import { describe, expect, test } from '@jest/globals';
import {
  i3dR50,
  slowFastR50,
  smallI3d,
  smallSlowFast,
  tinySlowFast,
} from '../../test/support/network-specs.ts';
import { createNetwork } from './create-network.ts';
import { parameterCount } from './parameter-count.ts';
import { NetworkShapeError, NetworkSpecError } from './network-shape.ts';

describe('the parameters of a network', () => {
  test.each([
    ['I3D R50', i3dR50, 28_043_472],
    ['SlowFast 8x8 R50', slowFastR50, 34_566_488],
    ['SlowFast 4x16 R50', { ...slowFastR50, alpha: 8, fusionKernel: 5 }, 34_480_216],
    ['small SlowFast', smallSlowFast, 205_988],
    ['small I3D', smallI3d, 155_744],
  ])('of %s are as many as those of the published network', (_, spec, count) => {
    expect(parameterCount(createNetwork(spec))).toBe(count);
  });

  test('of SlowFast R50 include 110 batch norms, and of I3D R50 53', () => {
    expect(createNetwork(slowFastR50).normalizations).toHaveLength(110);
    expect(createNetwork(i3dR50).normalizations).toHaveLength(53);
  });

  test('decay unless they belong to batch norms or are biases', () => {
    const decaying = createNetwork(smallSlowFast).parameters.filter((parameter) => parameter.decay);
    expect(decaying.every(({ role, dims }) => role === 'weight' && dims.length > 1)).toBe(true);
    expect(decaying).toHaveLength(30);
  });
});

describe('the first values of a network', () => {
  const network = createNetwork(smallSlowFast);
  const values = network.initialValues(3);

  test('are the same for the same seed and others for another', () => {
    expect(createNetwork(smallSlowFast).initialValues(3)).toEqual(values);
    expect(network.initialValues(4).get('slow.stem.weight')).not.toEqual(values.get('slow.stem.weight'));
  });

  test('of weights have the deviation that keeps gradients as large as they come', () => {
    const weights = values.get('slow.stage3.block0.b.weight')!;
    const variance = weights.reduce((sum, value) => sum + value * value, 0) / weights.length;
    expect(variance / (2 / (64 * 9))).toBeCloseTo(1, 1);
  });

  test('of the last batch norm of a block are 0, so that blocks begin as their shortcut', () => {
    expect(values.get('slow.stage1.block0.c.norm.gamma')!.every((value) => value === 0)).toBe(true);
    expect(values.get('slow.stage1.block0.b.norm.gamma')!.every((value) => value === 1)).toBe(true);
    expect(values.get('slow.stage1.block0.projection.norm.gamma')!.every((value) => value === 1)).toBe(true);
    const plain = createNetwork({ ...smallSlowFast, zeroInitFinalGamma: false }).initialValues(3);
    expect(plain.get('slow.stage1.block0.c.norm.gamma')!.every((value) => value === 1)).toBe(true);
  });

  test('of the classifier are small and its bias is 0', () => {
    const weights = values.get('head.weight')!;
    const variance = weights.reduce((sum, value) => sum + value * value, 0) / weights.length;
    expect(Math.sqrt(variance) / 0.01).toBeCloseTo(1, 1);
    expect(values.get('head.bias')!.every((value) => value === 0)).toBe(true);
  });
});

describe('a shape that does not fit the network', () => {
  const network = createNetwork(tinySlowFast);
  const shape = { clips: 4, groups: 2, frames: 8, cropSize: 32 };

  test.each([
    ['frames', { ...shape, frames: 6 }, 'multiples of 4, at least 4; got 6, nearest 4 or 8'],
    ['too few frames', { ...shape, frames: 2 }, 'got 2, nearest 4'],
    ['crop', { ...shape, cropSize: 7 }, 'at least 8 pixels; got 7'],
    ['groups', { ...shape, groups: 3 }, '4 clips cannot be split into 3 batch-norm groups'],
  ])('is refused: %s', (_, wrong, message) => {
    expect(() => network.trainingGraph(wrong)).toThrow(NetworkShapeError);
    expect(() => network.trainingGraph(wrong)).toThrow(message);
  });

  test('is refused for evaluation too', () => {
    expect(() => network.evaluationGraph({ clips: 1, frames: 3, cropSize: 32 })).toThrow(NetworkShapeError);
  });

  test('I3D needs two frames for its temporal pool', () => {
    const i3d = createNetwork({ ...tinySlowFast, family: 'i3d' });
    expect(() => i3d.trainingGraph({ ...shape, frames: 1 })).toThrow('at least 2; got 1, nearest 2');
    expect(i3d.trainingGraph({ ...shape, frames: 3 }).model.length).toBeGreaterThan(0);
  });
});

describe('a spec that makes no network', () => {
  test.each([
    [
      { width: 6, betaInv: 4 },
      'width must be a multiple of betaInv, so that the fast pathway has a whole number of channels (width is 6 and',
    ],
    [{ stemKernel: 4 }, 'stemKernel must be odd (is 4; nearest: 3 or 5)'],
    [
      { nonLocal: { blocks: [[], [1]], similarity: 'softmax' as const } },
      'there is no such block (the stages have 1, 1 blocks)',
    ],
    [{ blocks: [1, 0] }, 'blocks[1] is 0'],
    [{ blocks: [] }, 'a network has 1 to 4'],
    [{ dropout: 1 }, 'dropout is 1; it must be in [0, 1)'],
    [{ numClasses: 2.5 }, 'numClasses is 2.5'],
  ])('is refused: %j', (change, message) => {
    expect(() => createNetwork({ ...tinySlowFast, ...change })).toThrow(NetworkSpecError);
    expect(() => createNetwork({ ...tinySlowFast, ...change })).toThrow(message);
  });
});
