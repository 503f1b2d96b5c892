/**
 * Networks that users bring as files lie on the CUDA provider as a whole, as the zoo's do: training in float32 and in mixed
 * precision, and evaluation. For every exported network of the fixtures, at the smallest shapes that they take: kernels
 * depend on operators and types, not on sizes.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { createOnnxNetwork } from '../trainer-image/models/onnx/create-onnx-network.ts';
import type { OnnxNetwork } from '../trainer-image/models/onnx/create-onnx-network.ts';
import { openModel } from '../trainer-image/models/onnx/open-model.ts';
import { nodeCount, notOnCuda } from './support/cuda-placement.ts';

/** Files, classes, and a shape: transformers are exported for one. */
const FILES = [
  ['r3d_18', 10, { frames: 3, cropSize: 39 }],
  ['mc3_18', 10, { frames: 3, cropSize: 39 }],
  ['r2plus1d_18', 10, { frames: 3, cropSize: 39 }],
  ['tiny_network', 4, { frames: 3, cropSize: 39 }],
  ['tiny_pyramid', 4, { frames: 3, cropSize: 39 }],
  ['tiny_pyramid_old', 4, { frames: 3, cropSize: 39 }],
  ['tiny_frames', 4, { frames: 3, cropSize: 39 }],
  ['tiny_mvit', 10, { frames: 4, cropSize: 32 }],
  ['tiny_swin', 10, { frames: 4, cropSize: 32 }],
  ['mvit_v1_b', 400, { frames: 16, cropSize: 224 }],
] as const;

function opened(name: string, numClasses: number): OnnxNetwork {
  const file = fileURLToPath(new URL(`fixtures/onnx/${name}.onnx`, import.meta.url));
  return createOnnxNetwork(openModel(file), { numClasses, dropout: 0.5, loss: 'crossEntropy' });
}

describe.each(FILES)('%s, exported from PyTorch', (name, numClasses, shape) => {
  const network = opened(name, numClasses);

  test.each(['float32', 'mixed'] as const)('trains wholly on CUDA in %s', (precision) => {
    const groups = { ...shape, clips: 4, groups: 2 };
    const { model } = network.trainingGraph(groups, { precision, device: 'cuda' });
    expect(nodeCount(model)).toBeGreaterThan(60);
    expect(notOnCuda(model)).toEqual([]);
  });

  test('is evaluated wholly on CUDA', () => {
    expect(notOnCuda(network.evaluationGraph({ ...shape, clips: 3 }, { device: 'cuda' }).model)).toEqual([]);
  });
});
