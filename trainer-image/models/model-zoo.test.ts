/**
 * Every published network against the numbers of the reference's own builders (test/vectors/model_zoo.json) and those
 * published for further ones: parameters, multiply-adds, batch norms, the shape after every stage.
 */
import { describe, expect, test } from '@jest/globals';
import { vectorsOf } from '../../test/support/vectors.ts';
import { shapeLimitsOf } from '../../multigrid/contract/network.ts';
import { architectureDefaults, networkOf } from '../../multigrid/api/network.ts';
import type { ModelName } from '../../multigrid/api/filled-spec.ts';
import { ZOO } from '../../multigrid/api/zoo.ts';
import type { CountedLayer } from './counting-layers.ts';
import { countNetwork } from './count-network.ts';
import { createNetwork } from './create-network.ts';
import type { NetworkSpec } from './network.ts';
import { NetworkShapeError } from './network-shape.ts';

interface Case {
  readonly name: string;
  readonly T: number;
  readonly S: number;
  readonly num_classes: number;
  readonly params: number;
  readonly gmacs: number;
  readonly num_bn_layers: number;
  readonly stage_shapes_CTHW: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const cases = vectorsOf('model_zoo') as readonly Case[];

const NAMES = Object.keys(ZOO) as readonly ModelName[];

/** `SLOWFAST_8x8_R101_101_101` to `slowfast-8x8-r101-101-101`. */
function nameOf(vector: string): ModelName {
  const name = vector.replace('Charades_', '').toLowerCase().replaceAll('_', '-');
  return NAMES.find((known) => known === name)!;
}

function specOf(name: ModelName, numClasses = 400): NetworkSpec {
  return networkOf({ model: { name, numClasses, dropout: 0.5, architecture: architectureDefaults(name) } });
}

describe.each(cases)('$name at $S pixels', (vector) => {
  const spec = specOf(nameOf(vector.name), vector.num_classes);
  const count = countNetwork(spec, { frames: vector.T, cropSize: vector.S });

  test('has the parameters, multiply-adds and batch norms of the reference', () => {
    expect(count.parameters).toBe(vector.params);
    expect(Number((count.multiplyAdds / 1e9).toFixed(4))).toBe(vector.gmacs);
    expect(createNetwork(spec).normalizations).toHaveLength(vector.num_bn_layers);
  });

  test('has the shapes of the reference after every stage', () => {
    const stages = Object.keys(vector.stage_shapes_CTHW).map((stage) => [
      stage,
      shapesAfter(count.layers, stage, spec.family === 'slowfast'),
    ]);
    expect(Object.fromEntries(stages)).toEqual(vector.stage_shapes_CTHW);
  });
});

/** `s1` is the stem, `s2` the first stage; `_fuse` after the lateral connection joined the slow pathway. */
function shapesAfter(
  layers: readonly CountedLayer[],
  vectorStage: string,
  isSlowFast: boolean,
): readonly (readonly number[])[] {
  const number = Number(vectorStage[1]) - 1;
  const part = number === 0 ? 'stem.' : `stage${number}.block`;
  if (!isSlowFast) {
    return [shapeAfter(layers, part)];
  }
  const slow = vectorStage.endsWith('_fuse') ? `lateral${number}.concat` : `slow.${part}`;
  return [shapeAfter(layers, slow), shapeAfter(layers, `fast.${part}`)];
}

function shapeAfter(layers: readonly CountedLayer[], prefix: string): readonly number[] {
  const { channels, frames, height, width } = layers.findLast(({ label }) =>
    label.startsWith(prefix),
  )!.output;
  return [channels, frames, height, width];
}

test.each([
  { name: 'i3d-8x8-r50', classes: 400, parameters: 28_043_472, giga: [28.41, 37.1] },
  { name: 'slow-4x16-r50', classes: 400, parameters: 32_454_096, giga: [20.87, 27.26] },
  { name: 'slowfast-4x16-r50', classes: 400, parameters: 34_480_216, giga: [27.64, 36.1] },
  { name: 'slowfast-8x8-r101-50-50', classes: 400, parameters: 53_774_808, giga: [81.55, 106.5] },
  { name: 'slowfast-16x8-r50', classes: 174, parameters: 34_045_558, giga: [100.6, 131.4] },
] as const)('$name with $classes classes has its published size', ({ name, classes, parameters, giga }) => {
  const { frames } = ZOO[name];
  const counts = [224, 256].map((cropSize) => countNetwork(specOf(name, classes), { frames, cropSize }));
  expect(counts.map((count) => count.parameters)).toEqual([parameters, parameters]);
  expect(counts.map(({ multiplyAdds }) => Number((multiplyAdds / 1e9).toPrecision(4)))).toEqual(giga);
});

describe.each(NAMES)('%s', (name) => {
  const spec = specOf(name);
  const network = createNetwork(spec);
  const limits = shapeLimitsOf({ ...ZOO[name].architecture, ...spec, family: ZOO[name].family });
  const legal = { clips: 1, frames: limits.minFrames, cropSize: limits.minCropSize };

  test('takes the clip it was published with', () => {
    expect(ZOO[name].frames % limits.framesMultiple).toBe(0);
    expect(ZOO[name].frames).toBeGreaterThanOrEqual(limits.minFrames);
  });

  test('refuses the shapes that the plan refuses, and no more', () => {
    expect(countNetwork(spec, legal).multiplyAdds).toBeGreaterThan(0);
    const { framesMultiple, minFrames } = limits;
    const tooFew = minFrames - framesMultiple;
    for (const wrong of [{ frames: tooFew }, { cropSize: limits.minCropSize - 1 }]) {
      expect(() => network.evaluationGraph({ ...legal, ...wrong })).toThrow(NetworkShapeError);
      expect(() => countNetwork(spec, { ...legal, ...wrong })).toThrow(NetworkShapeError);
    }
  });
});

// The full networks are the same code over longer tables.
test.each(NAMES.filter((name) => name.endsWith('-small')))(
  '%s can be differentiated on the smallest clip it takes',
  (name) => {
    const { architecture, family } = ZOO[name];
    const spec = specOf(name);
    const { minFrames: frames, minCropSize: cropSize } = shapeLimitsOf({ ...architecture, ...spec, family });
    const graph = createNetwork(spec).trainingGraph({ clips: 2, groups: 2, frames, cropSize });
    expect(graph.model.length).toBeGreaterThan(0);
  },
);
