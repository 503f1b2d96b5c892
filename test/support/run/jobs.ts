/**
 * Jobs, plans and progress for tests of the run: small, legal, and changed in one place by each test.
 */
import type { Plan, Phase } from '../../../multigrid/plan/types.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { API_VERSION, KIND } from '../../../multigrid/contract/names.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';

export function makePhase(index: number, change: Partial<Phase> = {}): Phase {
  return {
    index,
    stage: 0,
    startEpoch: index,
    endEpoch: index + 1,
    batchFactor: 2,
    frames: 8,
    cropSize: 64,
    globalBatch: 16,
    learningRate: 0.1,
    stride: { min: 2, max: 2 },
    groups: 2,
    shortCycle: [{ cropSize: 64, globalBatch: 16, minScale: 66 }],
    iterationsPerEpoch: 10,
    ...change,
  };
}

/** A plan of `phases` phases of one epoch with ten iterations each. */
export function makePlan(phases: number, change: Partial<Plan> = {}): Plan {
  return {
    version: 2,
    hash: 'abc123',
    phases: Array.from({ length: phases }, (_, index) => makePhase(index)),
    epochs: phases,
    evaluationEpochs: [],
    checkpointEpochs: [],
    learningRateSchedule: {
      policy: 'steps',
      base: 0.1,
      borders: [0],
      factors: [1],
      epochs: phases,
      end: 0,
      warmup: { epochs: 0, learningRate: 0.01 },
    },
    totals: {
      iterations: phases * 10,
      baselineIterations: phases * 20,
      iterationRatio: 2,
      framePixelRatio: 3,
    },
    problems: [],
    ...change,
  };
}

export function makeProgress(change: Partial<Progress> = {}): Progress {
  return {
    generation: 1,
    state: 'Training',
    phase: 0,
    epoch: 0,
    iteration: 0,
    percent: 0,
    etaSeconds: 0,
    heartbeat: '2026-01-01T00:00:00.000Z',
    loss: null,
    learningRate: 0.1,
    frames: 8,
    cropSize: 64,
    clipsPerSecond: 0,
    dataWaitRatio: 0,
    badClips: 0,
    metrics: [],
    lastCheckpoint: null,
    unattended: false,
    failure: null,
    ...change,
  };
}

/** A legal manifest for `moving-digits`, as a person would write it; two phases per stage, four stages of epochs. */
export function makeStoredJob(name = 'test-job', spec: unknown = makeManifestSpec()): StoredJob {
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name }, spec };
}

export function makeManifestSpec(change: object = {}): object {
  return {
    model: { name: 'slowfast-small', numClasses: 16 },
    data: { train: 'train.csv', val: 'val.csv', jitterScales: [66, 76], flip: false },
    recipe: {
      frames: 16,
      stride: 2,
      cropSize: 64,
      batchSize: 8,
      epochs: 20,
      steps: [0, 12, 17],
      learningRate: '0.05',
      warmup: { epochs: '2', learningRate: '0.005' },
    },
    multigrid: {},
    ...change,
  };
}
