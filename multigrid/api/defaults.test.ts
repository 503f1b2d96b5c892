/** The filled spec: what is filled in where the manifest says nothing, and that status types mirror the CRD. */
import { describe, expect, test } from '@jest/globals';
import { shapeLimitsOf } from '../contract/network.ts';
import type { Directive } from '../directive.ts';
import type { Plan } from '../plan/types.ts';
import type { Progress } from '../progress.ts';
import type { DeepReadonly } from './job.ts';
import type { FilledSpec, ZooModel } from './filled-spec.ts';
import { isOnnxFile, networkOf } from './network.ts';
import { InvalidJobError, readJob } from './read-job.ts';
import type { JobStatus, MultigridTrainingJob } from './types.gen.ts';

const RECIPE = { frames: 16, stride: 2, cropSize: 64, batchSize: 8, epochs: 20, learningRate: '0.05' };

type Spec = MultigridTrainingJob['spec'];

function jobWith(changes: Partial<Spec> = {}, recipe: Partial<Spec['recipe']> = {}): MultigridTrainingJob {
  return {
    apiVersion: 'training.multigrid.dev/v1alpha1',
    kind: 'MultigridTrainingJob',
    metadata: { name: 'job' },
    spec: {
      model: { name: 'slowfast-small', numClasses: 16 },
      data: { train: 'train.csv', val: 'val.csv', jitterScales: [66, 76] },
      recipe: { ...RECIPE, steps: [0, 12, 17], ...recipe },
      ...changes,
    },
  };
}

describe('without a multigrid part', () => {
  test('both cycles are off, nothing is stretched, and all clips of a worker are one group', () => {
    expect(readJob(jobWith()).multigrid).toMatchObject({
      longCycle: null,
      shortCycle: null,
      epochFactor: 1,
      groupSize: null,
    });
  });

  test('the group size of the recipe holds', () => {
    expect(readJob(jobWith({}, { batchNorm: { groupSize: 4 } })).multigrid.groupSize).toBe(4);
  });
});

describe('with a multigrid part', () => {
  test('an empty one means both cycles as published', () => {
    const { multigrid } = readJob(jobWith({ multigrid: {} }));
    expect(multigrid.longCycle).toHaveLength(4);
    expect(multigrid).toMatchObject({
      shortCycle: [0.5, 0.7071067811865476],
      epochFactor: 1.5,
      groupSize: 8,
      evaluationsPerPhase: 3,
    });
  });

  test('a cycle can be switched off while its settings stay', () => {
    const { multigrid } = readJob(
      jobWith({ multigrid: { longCycle: { enabled: false, shapes: [{ frames: '1', crop: '1' }] } } }),
    );
    expect(multigrid).toMatchObject({ longCycle: null, shortCycle: [0.5, 0.7071067811865476] });
  });

  test('switching both off is the baseline, not a longer one', () => {
    const off = { enabled: false };
    const { multigrid } = readJob(jobWith({ multigrid: { longCycle: off, shortCycle: off } }));
    expect(multigrid).toMatchObject({ longCycle: null, shortCycle: null, epochFactor: 1 });
  });

  test('its group size goes before that of the recipe, and that before the published one', () => {
    const recipe = { batchNorm: { groupSize: 4 } };
    expect(readJob(jobWith({ multigrid: {} }, recipe)).multigrid.groupSize).toBe(4);
    expect(readJob(jobWith({ multigrid: { groupSize: 2 } }, recipe)).multigrid.groupSize).toBe(2);
  });
});

test('fields that hang on others are worked out', () => {
  const spec = readJob(jobWith({}, { gamma: '0.5', warmup: { epochs: '2' } }));
  expect(spec.data.test).toBe('val.csv');
  expect(spec.recipe).toMatchObject({
    relativeLearningRates: [1, 0.5, 0.25],
    warmup: { epochs: 2, learningRate: 0.005 },
    test: { temporalViews: 10, spatialViews: 3, cropSize: 64 },
  });
});

test('relative learning rates of the manifest go before the powers of gamma', () => {
  const spec = readJob(jobWith({}, { relativeLearningRates: ['1', '0.3', '1e-2'] }));
  expect(spec.recipe.relativeLearningRates).toEqual([1, 0.3, 0.01]);
});

test('a network is described by its name and what the manifest changes', () => {
  const spec = readJob(
    jobWith({ model: { name: 'i3d-small', numClasses: 4, dropout: '0', architecture: { width: 8 } } }),
  );
  expect(networkOf({ model: zooModel(spec) })).toMatchObject({
    family: 'i3d',
    numClasses: 4,
    dropout: 0,
    width: 8,
    blocks: [1, 1, 1],
    zeroInitFinalGamma: true,
  });
});

test('SlowFast takes frames in multiples of alpha, I3D at least two', () => {
  const slowfast = networkOf({ model: zooModel(readJob(jobWith())) });
  expect(shapeLimitsOf(slowfast)).toEqual({ framesMultiple: 4, minFrames: 4, minCropSize: 16 });
  expect(shapeLimitsOf({ ...slowfast, family: 'i3d' })).toEqual({
    framesMultiple: 1,
    minFrames: 2,
    minCropSize: 16,
  });
});

test('an illegal job is refused with every error in one message', () => {
  const job = jobWith({}, { frames: 0, stride: 0 });
  expect(() => readJob(job)).toThrow(InvalidJobError);
  expect(() => readJob(job)).toThrow(/spec\.recipe\.frames: .*\n.*spec\.recipe\.stride: /);
});

test('the status of the CRD has the fields of plan, directive and progress, and no others', () => {
  // Checked by the compiler: each type must be assignable to the other.
  const mirrors = {
    planOf: (plan: Plan): DeepReadonly<NonNullable<JobStatus['plan']>> => plan,
    directiveOf: (directive: Directive): DeepReadonly<NonNullable<JobStatus['directive']>> => directive,
    directiveBack: (directive: NonNullable<JobStatus['directive']>): Directive => directive,
    progressOf: (progress: Progress): DeepReadonly<NonNullable<JobStatus['progress']>> => progress,
    progressBack: (progress: NonNullable<JobStatus['progress']>): Progress => progress,
  };
  expect(Object.keys(mirrors)).toHaveLength(5);
});

function zooModel({ model }: FilledSpec): ZooModel {
  if (isOnnxFile(model)) {
    throw new TypeError('the job trains a network of its own');
  }
  return model;
}

test("a network of one's own is a file, with the zoo's pixels unless the manifest says otherwise", () => {
  const own = (onnx: object): unknown =>
    readJob(jobWith({ model: { numClasses: 5, dropout: '0.1', onnx: { path: 'net.onnx', ...onnx } } })).model;
  expect(own({})).toEqual({
    name: 'net.onnx',
    numClasses: 5,
    dropout: 0.1,
    pretrained: null,
    onnx: { path: 'net.onnx', pixels: null, frozen: [] },
  });
  expect(own({ mean: ['0.485', '0.456', '0.406'], frozen: ['stem.'] })).toMatchObject({
    onnx: { pixels: { mean: [0.485, 0.456, 0.406], deviation: [0.225, 0.225, 0.225] }, frozen: ['stem.'] },
  });
});
