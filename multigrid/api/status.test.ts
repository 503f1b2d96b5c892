/** The status that operator and trainer write, against the CRD's schema: what they make is what the API server keeps. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { filledSpec } from '../../test/support/filled-specs.ts';
import { directiveFor } from '../directive.ts';
import { planTraining } from '../plan/plan.ts';
import type { Plan } from '../plan/types.ts';
import { asVersion1 } from '../plan/version-1.ts';
import type { Progress } from '../progress.ts';
import type { JobStatus } from './job.ts';
import { validateJob } from './validate.ts';

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

const PROGRESS: Progress = {
  generation: 0,
  state: 'Preparing',
  phase: 0,
  epoch: 0,
  iteration: 0,
  percent: 0,
  etaSeconds: 0,
  heartbeat: '2026-11-23T12:00:00Z',
  loss: null,
  learningRate: 0.1,
  frames: 4,
  cropSize: 45,
  clipsPerSecond: 0,
  dataWaitRatio: 0,
  badClips: 0,
  metrics: [],
  lastCheckpoint: null,
  unattended: false,
  failure: null,
};

function errorsOf(status: JobStatus): readonly unknown[] {
  const validation = validateJob({
    apiVersion: 'training.multigrid.dev/v1alpha1',
    kind: 'MultigridTrainingJob',
    metadata: { name: 'job' },
    spec: {
      model: { name: 'slowfast-small', numClasses: 16 },
      data: { train: 'train.csv', val: 'val.csv', jitterScales: [66, 76] },
      recipe: { frames: 16, stride: 2, cropSize: 64, batchSize: 8, epochs: 20, learningRate: '0.05' },
    },
    status,
  });
  return validation.ok ? [] : validation.errors;
}

function planOf(changes: Parameters<typeof filledSpec>[0], clips = 1200): Plan {
  return planTraining(filledSpec(changes), clips, sha256Hex);
}

test('a plan and the directive of each phase are legal, for any number of workers', () => {
  const plan = planOf({});
  for (const { index } of plan.phases) {
    for (const workers of [1, 3, 8]) {
      const directive = directiveFor(plan, index, { generation: index + 1, workers, microBatch: 0 });
      expect(errorsOf({ plan, directive })).toEqual([]);
    }
  }
});

test('a plan of version 1 stays legal to the last field, so that the server keeps what its hash is taken over', () => {
  const plan = asVersion1(planOf({}), filledSpec(), sha256Hex);
  const directive = directiveFor(plan, 0, { generation: 1, workers: 1, microBatch: 0 });
  expect(errorsOf({ plan, directive })).toEqual([]);
  // As an operator of then goes on writing it while it is replaced by a newer one.
  const ofThen = { ...directive, batchPerWorker: 64, normalization: { kind: 'split', groups: 8 } };
  expect(errorsOf({ plan, directive: ofThen })).toEqual([]);
  const [first, ...others] = plan.phases;
  const unknown = { ...plan, phases: [{ ...first!, batchPerGpu: 8 }, ...others] };
  expect(errorsOf({ plan: unknown })).not.toEqual([]);
});

test('the longest plan and the one with most problems are legal', () => {
  const steps = Array.from({ length: 16 }, (_, stage) => stage * 120);
  const longest = {
    recipe: { epochs: 2000, steps },
    multigrid: { epochFactor: 5, evaluationsPerPhase: 1000 },
  };
  const plan = planOf(longest);
  expect(plan.phases).toHaveLength(62);
  expect(plan.epochs).toBe(10000);
  expect(errorsOf({ plan })).toEqual([]);
  const troubled = planOf(
    { ...longest, recipe: { ...longest.recipe, frames: 3, cropSize: 10, batchSize: 7 } },
    1,
  );
  expect(troubled.problems.length).toBeGreaterThan(100);
  expect(errorsOf({ plan: troubled })).toEqual([]);
});

test('progress is legal before the first step and after the last', () => {
  expect(errorsOf({ progress: PROGRESS })).toEqual([]);
  const finished: Progress = {
    ...PROGRESS,
    state: 'Failed',
    loss: 0.1,
    metrics: [{ name: 'top1', value: 0.98 }],
    lastCheckpoint: { path: 'checkpoints/832', iteration: 832, epoch: 30 },
    failure: { reason: 'LossNotFinite', message: 'the loss was NaN', retryable: false },
  };
  expect(errorsOf({ progress: finished })).toEqual([]);
});

test('a status that nobody here writes is refused', () => {
  const validation = errorsOf({ progress: { ...PROGRESS, epoch: Number.NaN } });
  expect(validation).toMatchObject([{ path: 'status.progress.epoch' }]);
});
