/**
 * Every graph the trainer makes lies on the CUDA provider as a whole: each node, with its types and its opset, has a kernel
 * in the registry of the pinned ONNX Runtime. For every network of the zoo (new ones are covered by being in its table),
 * in float32 and mixed precision. Networks are narrow and short: kernels depend on operators and types, not on sizes.
 */
import { describe, expect, test } from '@jest/globals';
import { shapeLimitsOf } from '../multigrid/contract/network.ts';
import type { FilledArchitecture } from '../multigrid/api/filled-spec.ts';
import { networkOf } from '../multigrid/api/network.ts';
import { ZOO } from '../multigrid/api/zoo.ts';
import { Graph } from '../trainer-image/graph/graph.ts';
import { cast, unary } from '../trainer-image/graph/elementwise.ts';
import { encodeModel } from '../trainer-image/graph/encode.ts';
import { reshape } from '../trainer-image/graph/view.ts';
import { createNetwork } from '../trainer-image/models/create-network.ts';
import type { Network } from '../trainer-image/models/network.ts';
import {
  copyModel,
  sumModel,
  updateModel,
  zeroModel,
} from '../trainer-image/train/parameters/vector-models.ts';
import { sgd } from '../trainer-image/train/parameters/sgd.ts';
import { nodeCount, notOnCuda } from './support/cuda-placement.ts';

const NAMES = Object.keys(ZOO).filter((name): name is keyof typeof ZOO => name in ZOO);
/** A third block of a stage repeats the operators of the second. */
const MOST_BLOCKS = 2;

function narrow(architecture: FilledArchitecture): FilledArchitecture {
  const { nonLocal, temporalBlocks, fastTemporalBlocks } = architecture;
  const few = (counts: readonly number[]): readonly number[] =>
    counts.map((count) => Math.min(count, MOST_BLOCKS));
  return {
    ...architecture,
    width: 16,
    expansion: 2,
    blocks: few(architecture.blocks),
    temporalBlocks: temporalBlocks && few(temporalBlocks),
    fastTemporalBlocks: fastTemporalBlocks && few(fastTemporalBlocks),
    nonLocal: nonLocal && {
      ...nonLocal,
      blocks: nonLocal.blocks.map((places) => (places.length === 0 ? [] : [0])),
    },
  };
}

function narrowed(name: keyof typeof ZOO): { network: Network; frames: number; cropSize: number } {
  const { architecture, frames } = ZOO[name];
  const description = networkOf({
    model: { name, numClasses: 5, dropout: 0.5, architecture: narrow(architecture) },
  });
  const { framesMultiple, minFrames, minCropSize } = shapeLimitsOf(description);
  // A quarter of the frames is the coarsest shape of the long cycle; sides of odd length take the longest way round.
  const coarse = Math.max(minFrames, framesMultiple * Math.floor(frames / 4 / framesMultiple));
  return { network: createNetwork(description), frames: coarse, cropSize: minCropSize + 7 };
}

describe.each(NAMES)('%s', (name) => {
  const { network, frames, cropSize } = narrowed(name);

  test.each(['float32', 'mixed'] as const)('trains wholly on CUDA in %s', (precision) => {
    const shape = { clips: 4, groups: 2, frames, cropSize };
    const { model } = network.trainingGraph(shape, { precision, device: 'cuda' });
    expect(nodeCount(model)).toBeGreaterThan(100);
    expect(notOnCuda(model)).toEqual([]);
  });

  test('is evaluated wholly on CUDA', () => {
    expect(
      notOnCuda(network.evaluationGraph({ clips: 3, frames, cropSize }, { device: 'cuda' }).model),
    ).toEqual([]);
  });
});

test('updates, sums, copies and zeros are on CUDA', () => {
  const update = updateModel(sgd({ momentum: 0.9, nesterov: true }), ['learningRate'], 64);
  for (const model of [update, sumModel(2, 64), copyModel(64), zeroModel(64)]) {
    expect(notOnCuda(model)).toEqual([]);
  }
});

describe('the check itself', () => {
  test('finds an operator without a kernel for its type', () => {
    const graph = new Graph();
    const x = graph.input('x', 'int32', [4]);
    graph.output('y', unary(graph, 'Sigmoid', x));
    expect(notOnCuda(encodeModel(graph, { graphName: 'test' }))).toEqual([
      'Sigmoid(int32) has no CUDA kernel (first met at Sigmoid_0)',
    ]);
  });

  test('finds a shape that is computed', () => {
    const graph = new Graph();
    const [x, dims] = [graph.input('x', 'float32', [4]), graph.input('dims', 'float32', [2])];
    graph.output(
      'y',
      graph.emit({
        operator: 'Reshape',
        inputs: [x, cast(graph, dims, 'int64')],
        type: 'float32',
        dims: [2, 2],
      }),
    );
    graph.output('z', reshape(graph, x, [2, 2]));
    expect(notOnCuda(encodeModel(graph, { graphName: 'test' }))).toEqual([
      'Reshape reads Cast_0 on the host, which is computed',
    ]);
  });
});
