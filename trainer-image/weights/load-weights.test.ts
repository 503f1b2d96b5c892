/**
 * Weights into networks: under every project's names, inflated, with another classifier, and what is refused. Files here
 * are in memory; `open-weights.test.ts` has real ones.
 */
import { describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { trainedValues } from '../../test/support/trained-values.ts';
import { sourceOf } from '../../test/support/weight-files.ts';
import { createNetwork } from '../models/create-network.ts';
import type { Network, NetworkValues } from '../models/network.ts';
import { encodeWeights } from './export-tensors.ts';
import { type LoadedWeights, loadWeights } from './load-weights.ts';
import { decodeTensorFile, type NamedArray } from './safetensors.ts';
import { WeightsFileError, WeightsMismatchError } from './weights-error.ts';
import { reportLine } from './weights-report.ts';

const SEED = 11;
const networks = {
  slowfast: createNetwork(tinySlowFast),
  i3d: createNetwork({ ...tinySlowFast, family: 'i3d', blocks: [2, 1] }),
} as const;

/** A file's tensors, exported from a network under some names, to be changed by a test. */
function exported(network: Network, names: 'multigrid' | 'pyslowfast'): Map<string, NamedArray> {
  const bytes = encodeWeights(network, trainedValues(network, SEED), { names, metadata: {} });
  return new Map(decodeTensorFile(bytes).tensors);
}

function load(
  network: Network,
  tensors: ReadonlyMap<string, NamedArray>,
  allowMissing = false,
): Promise<LoadedWeights> {
  return loadWeights(network, sourceOf([...tensors.values()]), { allowMissing });
}

function set(
  tensors: Map<string, NamedArray>,
  name: string,
  dims: readonly number[],
  data: Float32Array,
): void {
  tensors.set(name, { name, dims, data });
}

function renamed(
  tensors: ReadonlyMap<string, NamedArray>,
  rename: (name: string) => string,
): Map<string, NamedArray> {
  return new Map(
    [...tensors.values()].map((tensor) => [rename(tensor.name), { ...tensor, name: rename(tensor.name) }]),
  );
}

describe.each(['slowfast', 'i3d'] as const)('exported weights of %s', (family) => {
  const network = networks[family];
  const expected: NetworkValues = trainedValues(network, SEED);

  test.each(['multigrid', 'pyslowfast'] as const)(
    'come back to the bit under the names of %s',
    async (names) => {
      const { values, report } = await load(network, exported(network, names));
      expect(values).toEqual(expected);
      expect(report).toMatchObject({
        names,
        missing: [],
        misfits: [],
        unused: [],
        newHead: [],
        inflated: [],
      });
      expect(report.loaded).toBe(report.tensors);
      expect(report.tensors).toBe(network.parameters.length + 2 * network.normalizations.length);
    },
  );

  test.each(['module.', 'model.module.'])('are found behind the prefix %s', async (prefix) => {
    const { unwrapped } = await import('./unwrapped-source.ts');
    const source = sourceOf([...renamed(exported(network, 'pyslowfast'), (name) => prefix + name).values()]);
    const { values } = await loadWeights(network, unwrapped(source), { allowMissing: false });
    expect(values).toEqual(expected);
  });
});

test("PyTorch's counters of batches are neither missed nor called unused", async () => {
  const tensors = exported(networks.i3d, 'pyslowfast');
  set(tensors, 's1.pathway0_stem.bn.num_batches_tracked', [], Float32Array.of(7));
  expect((await load(networks.i3d, tensors)).report.unused).toEqual([]);
});

describe('a file of split batch norms', () => {
  const splitName = (name: string, kind: string): string =>
    name.replace(/bn\.running_/u, `bn.${kind}.running_`);

  test('gives the aggregate that it holds', async () => {
    const tensors = renamed(exported(networks.i3d, 'pyslowfast'), (name) => splitName(name, 'bn'));
    expect(tensors.has('s2.pathway0_res0.branch2.a_bn.bn.running_mean')).toBe(true);
    expect((await load(networks.i3d, tensors)).values).toEqual(trainedValues(networks.i3d, SEED));
  });

  test('gives the aggregate of its splits: mean of means, mean of variances plus variance of means', async () => {
    const tensors = renamed(exported(networks.i3d, 'pyslowfast'), (name) => splitName(name, 'bn'));
    set(tensors, 's1.pathway0_stem.bn.split_bn.running_mean', [8], Float32Array.of(1, 2, 3, 4, 3, 4, 5, 6));
    set(tensors, 's1.pathway0_stem.bn.split_bn.running_var', [8], Float32Array.of(1, 1, 1, 1, 2, 2, 2, 2));
    const { values, report } = await load(networks.i3d, tensors);
    expect(values.means.get('stem.norm')).toEqual(Float32Array.of(2, 3, 4, 5));
    expect(values.variances.get('stem.norm')).toEqual(Float32Array.of(2.5, 2.5, 2.5, 2.5));
    expect(report.unused).toEqual([]);
  });

  test('may hold scales as [C, 1, 1, 1]', async () => {
    const tensors = exported(networks.i3d, 'pyslowfast');
    const scale = tensors.get('s1.pathway0_stem.bn.weight')!;
    tensors.set(scale.name, { ...scale, dims: [...scale.dims, 1, 1, 1] });
    expect((await load(networks.i3d, tensors)).values).toEqual(trainedValues(networks.i3d, SEED));
  });
});

describe('the classifier', () => {
  const features = 16;

  test('is made anew when the file has other classes, and everything else is loaded', async () => {
    const tensors = exported(networks.i3d, 'pyslowfast');
    set(tensors, 'head.projection.weight', [7, features], new Float32Array(7 * features));
    set(tensors, 'head.projection.bias', [7], new Float32Array(7));
    const { values, report } = await load(networks.i3d, tensors);
    expect(values.parameters.has('head.weight')).toBe(false);
    expect(values.parameters.size).toBe(networks.i3d.parameters.length - 2);
    expect(report.newHead).toEqual(['head.weight', 'head.bias']);
    expect(reportLine(report)).toContain("new classifier: the file's has 7 classes, the job 3");
  });

  test.each([['head.bias'], ['head.weight', 'head.bias']])(
    'is made anew when the file lacks %s',
    async (...names) => {
      const tensors = exported(networks.i3d, 'multigrid');
      names.forEach((name) => tensors.delete(name));
      const { report } = await load(networks.i3d, tensors);
      expect(report.newHead).toEqual(['head.weight', 'head.bias']);
      expect(report.newHeadReason).toBe('the file has none');
    },
  );

  test('of other features is the classifier of another network', async () => {
    const tensors = exported(networks.i3d, 'multigrid');
    set(tensors, 'head.weight', [3, features + 1], new Float32Array(3 * (features + 1)));
    await expect(load(networks.i3d, tensors)).rejects.toThrow(
      'head.weight ([3, 16] here, [3, 17] as head.weight)',
    );
  });
});

describe('a file that does not make the network', () => {
  test('is refused with the missing tensors and what to do', async () => {
    const tensors = exported(networks.i3d, 'pyslowfast');
    tensors.delete('s2.pathway0_res0.branch2.b.weight');
    tensors.delete('s2.pathway0_res0.branch2.b_bn.running_mean');
    const loading = load(networks.i3d, tensors);
    await expect(loading).rejects.toThrow(WeightsMismatchError);
    await expect(loading).rejects.toThrow(
      'names of PySlowFast, but no values for stage1.block0.b.weight, mean of stage1.block0.b.norm: give the file',
    );
  });

  test('is refused with the shapes that differ', async () => {
    const tensors = exported(networks.slowfast, 'pyslowfast');
    set(tensors, 's1_fuse.conv_f2s.weight', [4, 2, 7, 1, 1], new Float32Array(56));
    await expect(load(networks.slowfast, tensors)).rejects.toThrow(
      'lateral0.weight ([4, 2, 5, 1, 1] here, [4, 2, 7, 1, 1] as s1_fuse.conv_f2s.weight)',
    );
  });

  test('is taken with what fits, when that is allowed, and says what does not', async () => {
    const tensors = exported(networks.slowfast, 'pyslowfast');
    set(tensors, 's1_fuse.conv_f2s.weight', [4, 2, 7, 1, 1], new Float32Array(56));
    set(tensors, 'ema.decay', [], Float32Array.of(0.9));
    tensors.delete('s1.pathway0_stem.conv.weight');
    const { values, report } = await load(networks.slowfast, tensors, true);
    expect(values.parameters.has('lateral0.weight')).toBe(false);
    expect(values.parameters.has('lateral1.weight')).toBe(true);
    expect(report.missing).toEqual(['slow.stem.weight']);
    expect(report.misfits.map(({ name }) => name)).toEqual(['lateral0.weight']);
    expect(report.unused).toEqual(['ema.decay']);
    expect(reportLine(report)).toMatch(
      /tensors loaded \(names of pyslowfast\); 1 missing; 1 of another shape; 1 unused/u,
    );
  });

  test('is refused even then when no name is known', async () => {
    const tensors = renamed(exported(networks.i3d, 'multigrid'), (name) => `x.${name}`);
    await expect(load(networks.i3d, tensors, true)).rejects.toThrow(
      'none of its 62 tensors (x.stem.weight, x.stem.norm.gamma, x.stem.norm.beta, ...) has a name of this network',
    );
  });

  test.each([
    ['stem.weight', Number.NaN, 'weights are finite numbers'],
    ['stem.norm.mean', Number.POSITIVE_INFINITY, 'weights are finite numbers'],
    ['stem.norm.variance', -0.5, 'variances are not negative'],
  ])('is refused when %s holds %d', async (name, value, message) => {
    const tensors = exported(networks.i3d, 'multigrid');
    tensors.get(name)!.data[1] = value;
    await expect(load(networks.i3d, tensors)).rejects.toThrow(WeightsFileError);
    await expect(load(networks.i3d, tensors)).rejects.toThrow(message);
  });
});
