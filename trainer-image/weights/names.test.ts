/**
 * Other projects' names against lists that their own code made (test/fixtures/pytorch/make_weights.py): every tensor of
 * theirs is one of ours, and the other way round.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { trainedValues } from '../../test/support/trained-values.ts';
import { sourceOf } from '../../test/support/weight-files.ts';
import { createNetwork } from '../models/create-network.ts';
import type { Network, NetworkSpec } from '../models/network.ts';
import { loadWeights } from './load-weights.ts';
import { matchTensors, type TensorMatch } from './match-tensors.ts';
import { networkTensors, type NetworkTensor } from './network-tensors.ts';
import { PYTORCHVIDEO_POOLED, PYTORCHVIDEO_SLOW, PYTORCHVIDEO_SLOWFAST } from './names/pytorchvideo.ts';
import { namesIn } from './names/tensor-names.ts';
import { TORCHVISION } from './names/torchvision.ts';
import type { NamedArray } from './safetensors.ts';

const LISTS: unknown = JSON.parse(
  readFileSync(new URL('../../test/fixtures/weights/names.json', import.meta.url), 'utf8'),
);

/** The blocks of the listed networks; their widths do not show in names. */
const BLOCKS = [1, 2, 1, 1];
const SEED = 8;

function network(family: NetworkSpec['family']): Network {
  return createNetwork({ ...tinySlowFast, family, expansion: 4, blocks: BLOCKS });
}

function listed(key: string): readonly string[] {
  const lists = new Map(Object.entries(LISTS as Readonly<Record<string, readonly string[]>>));
  return lists.get(key)!;
}

describe.each([
  ['torchvision', 'c2d', TORCHVISION],
  ['torchvision', 'i3d', TORCHVISION],
  ['torchvision', 'slow', TORCHVISION],
  ['pytorchvideo-i3d', 'c2d', PYTORCHVIDEO_POOLED],
  ['pytorchvideo-i3d', 'i3d', PYTORCHVIDEO_POOLED],

  ['pytorchvideo-slow', 'slow', PYTORCHVIDEO_SLOW],
  ['pytorchvideo-slowfast', 'slowfast', PYTORCHVIDEO_SLOWFAST],
] as const)('the names of %s for %s', (key, family, table) => {
  const tensors = networkTensors(network(family));
  const theirName = (tensor: NetworkTensor): string =>
    namesIn(table, tensor)[0] ?? `nothing for ${tensor.name}`;

  test('are exactly the tensors of our network', () => {
    expect(tensors.map(theirName).toSorted()).toEqual(listed(key).toSorted());
  });

  test('are recognised among all that are known', () => {
    const stored = tensors.map((tensor) => ({ name: theirName(tensor), dims: tensor.dims }));
    const match: TensorMatch = matchTensors(
      network(family),
      new Map(stored.map((tensor) => [tensor.name, tensor])),
    );
    expect(match.naming.kind).toBe(table.kind);
    expect(match).toMatchObject({ missing: [], misfits: [], unused: [], newHead: [] });
  });
});

describe("torchvision's 2D weights", () => {
  const i3d = network('i3d');
  const values = trainedValues(i3d, SEED);

  /** The middle frame of every kernel under torchvision's names; ImageNet has other classes. */
  function imageNetwork(): NamedArray[] {
    return networkTensors(i3d).map((tensor) => {
      const [name = ''] = namesIn(TORCHVISION, tensor);
      const kind =
        tensor.part === 'mean' || tensor.part === 'variance' ? (`${tensor.part}s` as const) : 'parameters';
      const data = values[kind].get(tensor.name)!;
      const [out = 0, channels = 0, frames = 1, height = 1, width = 1] = tensor.dims;
      if (tensor.label === 'head') {
        const dims = [1000, ...tensor.dims.slice(1)];
        return { name, dims, data: new Float32Array(dims.reduce((a, b) => a * b)) };
      }
      if (tensor.dims.length < 5) {
        return { name, dims: tensor.dims, data };
      }
      const plane = height * width;
      const middle = Float32Array.from({ length: out * channels * plane }, (_, index) => {
        const start = Math.floor(index / plane) * frames * plane;
        return data[start + Math.floor(frames / 2) * plane + (index % plane)]!;
      });
      return { name, dims: [out, channels, height, width], data: middle };
    });
  }

  test('fill every layer, repeated along time and divided by the frames; the classifier is made anew', async () => {
    const stored = imageNetwork();
    const { values: loaded, report } = await loadWeights(i3d, sourceOf(stored), { allowMissing: false });
    const stem = stored.find(({ name }) => name === 'conv1.weight')!;
    const [out = 0, channels = 0, height = 0, width = 0] = stem.dims;
    const inflated = loaded.parameters.get('stem.weight')!;
    expect(inflated).toHaveLength(out * channels * 5 * height * width);
    inflated.forEach((value, index) => {
      const plane = height * width;
      const kernel = Math.floor(index / (5 * plane));
      expect(value).toBe(Math.fround(stem.data[kernel * plane + (index % plane)]! / 5));
    });
    expect(loaded.variances.get('stage2.block1.c.norm')).toEqual(
      values.variances.get('stage2.block1.c.norm'),
    );
    expect(report.newHeadReason).toBe("the file's has 1000 classes, the job 3");
    expect(report.inflated).toContain('stage1.block0.a.weight');
    expect(report).toMatchObject({ names: 'torchvision', missing: [], misfits: [], unused: [] });
    expect(report.loaded).toBe(report.tensors - 2);
  });

  test('do not make a SlowFast', async () => {
    await expect(
      loadWeights(network('slowfast'), sourceOf(imageNetwork()), { allowMissing: false }),
    ).rejects.toThrow('none of its');
  });
});

describe.each([
  [50, [3, 4, 6, 3]],
  [101, [3, 4, 23, 3]],
])('every tensor of the networks of %i layers', (_, blocks) => {
  test.each(['c2d', 'i3d', 'slow', 'slowfast'] as const)(
    'has a PySlowFast name of its own in %s',
    async (family) => {
      const { namingForExport } = await import('./name-tables.ts');
      const deep = createNetwork({ ...tinySlowFast, family, blocks });
      const names = networkTensors(deep).map((tensor) => namingForExport('pyslowfast').namesOf(tensor)[0]);
      expect(names).not.toContain(undefined);
      expect(new Set(names).size).toBe(names.length);
    },
  );
});
