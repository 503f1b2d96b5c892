/**
 * The plan against every case of the reference implementation's schedule: stretches, phases, learning rates, groups,
 * strides, crops, evaluation and checkpoint epochs, iterations and cost.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { vectorsOf } from '../../test/support/vectors.ts';
import { filledSpec } from '../../test/support/filled-specs.ts';
import { shareOf } from '../sharing/share.ts';
import { groupsOf } from './groups.ts';
import { learningRateAt } from './learning-rate.ts';
import { planTraining } from './plan.ts';
import { segmentsOf } from './segments.ts';
import type { Phase } from './types.ts';
import type { FilledSpec } from '../api/filled-spec.ts';

interface VectorInput {
  readonly num_nodes: number;
  readonly world_size: number;
  readonly batch_size_per_node: number;
  readonly T: number;
  readonly S: number;
  readonly sampling_rate: number;
  readonly jitter_scales: readonly [number, number];
  readonly base_lr: number;
  readonly lr_policy: 'steps_with_relative_lrs' | 'cosine';
  readonly steps: readonly number[];
  readonly max_epoch: number;
  readonly gamma: number;
  readonly warmup_epochs: number;
  readonly warmup_start_lr: number;
  readonly epoch_factor: number;
  readonly long_cycle: boolean;
  readonly short_cycle: boolean;
  readonly long_cycle_factors: readonly (readonly [number, number])[];
  readonly short_cycle_factors: readonly number[];
  readonly bn_base_size: number;
  readonly eval_freq: number;
  readonly eval_period: number;
  readonly checkpoint_period: number;
  readonly dataset_size: number;
}

interface VectorPhase {
  readonly start_epoch: number;
  readonly end_epoch: number;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly lr: number;
  readonly batch_global: number;
  readonly batch_per_gpu: number;
  readonly bn: {
    readonly type: string;
    readonly num_splits: number | null;
    readonly num_sync_devices: number | null;
  };
  readonly sampling_rate_range: readonly [number, number];
  readonly iteration_cycle: readonly {
    readonly batch_per_gpu: number;
    readonly batch_global: number;
    readonly S: number;
    readonly min_scale: number;
  }[];
  readonly actual_iters_per_epoch: number;
}

interface VectorCase {
  readonly name: string;
  readonly input?: VectorInput;
  readonly error?: { readonly type: string };
  readonly expected?: {
    readonly schedule: readonly {
      readonly lr_step: number;
      readonly B: number;
      readonly T: number;
      readonly S: number;
      readonly end_epoch: number;
    }[];
    readonly max_epoch: number;
    readonly phases: readonly VectorPhase[];
    readonly eval_epochs_0based: readonly number[];
    readonly checkpoint_epochs_0based: readonly number[];
    readonly totals: {
      readonly iterations: number;
      readonly baseline_iterations: number;
      readonly iteration_ratio: number;
      readonly cost_ratio: number;
    };
    readonly lr_probes: readonly (readonly [number, number])[];
  };
}

const VECTORS = vectorsOf('schedule') as readonly VectorCase[];

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

function specOf(input: VectorInput): FilledSpec {
  return filledSpec({
    recipe: {
      frames: input.T,
      cropSize: input.S,
      stride: input.sampling_rate,
      batchSize: input.batch_size_per_node * input.num_nodes,
      epochs: input.max_epoch,
      steps: input.steps,
      gamma: input.gamma,
      relativeLearningRates: input.steps.map((_, stage) => input.gamma ** stage),
      learningRate: input.base_lr,
      learningRatePolicy: input.lr_policy === 'cosine' ? 'cosine' : 'steps',
      warmup: { epochs: input.warmup_epochs, learningRate: input.warmup_start_lr },
      evaluationIntervalEpochs: input.eval_period,
      checkpointIntervalEpochs: input.checkpoint_period,
    },
    data: { jitterScales: input.jitter_scales },
    multigrid: {
      longCycle: input.long_cycle
        ? input.long_cycle_factors.map(([frames, crop]) => ({ frames, crop }))
        : null,
      shortCycle: input.short_cycle ? input.short_cycle_factors : null,
      epochFactor: input.epoch_factor,
      groupSize: input.bn_base_size,
      evaluationsPerPhase: input.eval_freq,
    },
    workers: { replicas: input.world_size },
  });
}

/** What the product's own rule has where the reference rounds on every worker; of the rest it must be what the reference has. */
const ROUNDED_BY_WORKER = ['tiny_8x32_b4', 'k400_batch40_8gpu_bn_rounding'];

/** One an epoch: the reference pads every worker's part of the data to whole clips, which here makes one more batch. */
const PADDED_ITERATIONS: Readonly<Record<string, number>> = { k400_batch40_8gpu_bn_rounding: 239 };

function groupsOfReference({ bn }: VectorPhase, workers: number): number {
  return Math.floor((workers * (bn.num_splits ?? 1)) / (bn.num_sync_devices ?? 1));
}

function expectedPhase(phase: VectorPhase): Omit<Phase, 'index' | 'stage' | 'learningRate' | 'groups'> {
  return {
    startEpoch: phase.start_epoch,
    endEpoch: phase.end_epoch,
    batchFactor: phase.B,
    frames: phase.T,
    cropSize: phase.S,
    globalBatch: phase.batch_global,
    stride: { min: phase.sampling_rate_range[0], max: phase.sampling_rate_range[1] },
    shortCycle: phase.iteration_cycle.map((step) => ({
      cropSize: step.S,
      globalBatch: step.batch_global,
      minScale: step.min_scale,
    })),
    iterationsPerEpoch: phase.actual_iters_per_epoch,
  };
}

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected));
}

const COMPLETE = VECTORS.flatMap(({ name, input, expected }) =>
  input === undefined || expected === undefined ? [] : [{ name, input, expected }],
);

describe.each(COMPLETE)('the schedule $name', ({ name, input, expected }) => {
  const spec = specOf(input);
  const plan = planTraining(spec, input.dataset_size, sha256Hex);

  test('has the reference stretches, empty ones included', () => {
    if (input.long_cycle) {
      const stretches = segmentsOf(spec).map(({ stage, shape, endEpoch }) => ({
        lr_step: stage,
        B: shape.batchFactor,
        T: shape.frames,
        S: shape.cropSize,
        end_epoch: endEpoch,
      }));
      expect(stretches).toEqual(expected.schedule);
    }
    expect(plan.epochs).toBe(expected.max_epoch);
  });

  test('has the reference phases', () => {
    expect(plan.phases).toMatchObject(expected.phases.map(expectedPhase));
    expect(plan.phases).toHaveLength(expected.phases.length);
  });

  test('has the reference groups, however many workers share them', () => {
    const shared = plan.phases.map((phase) => ({ clips: phase.globalBatch, groups: groupsOf(phase) }));
    if (ROUNDED_BY_WORKER.includes(name)) {
      expect(
        shared.every(({ clips, groups }) => groups === Math.max(1, Math.floor(clips / input.bn_base_size))),
      ).toBe(true);
      return;
    }
    const set = { workers: input.world_size, acrossWorkers: 'Synchronize' } as const;
    for (const [index, phase] of expected.phases.entries()) {
      const batch = shared[index]!;
      expect(batch.groups).toBe(groupsOfReference(phase, set.workers));
      const { clips, parts } = shareOf(batch, set.workers - 1, set);
      expect(clips.count).toBe(phase.batch_per_gpu);
      expect(parts).toHaveLength(phase.bn.num_splits ?? 1);
      expect(parts[0]?.holders).toHaveLength(phase.bn.num_sync_devices ?? 1);
    }
  });

  test('evaluates and saves after the reference epochs', () => {
    expect(plan.evaluationEpochs).toEqual(expected.eval_epochs_0based);
    expect(plan.checkpointEpochs).toEqual(expected.checkpoint_epochs_0based);
  });

  test('costs what the reference costs', () => {
    expect(plan.totals.iterations).toBe(expected.totals.iterations);
    const { baseline_iterations: ofReference, iteration_ratio: ratio, cost_ratio: cost } = expected.totals;
    const { baselineIterations } = plan.totals;
    expect(ofReference - baselineIterations).toBe(PADDED_ITERATIONS[name] ?? 0);
    expectClose(plan.totals.iterationRatio, (ratio * baselineIterations) / ofReference);
    expectClose(plan.totals.framePixelRatio, (cost * baselineIterations) / ofReference);
  });

  test('has the reference learning rates, times the batch factor where the reference forgets it', () => {
    const factorAt = (epoch: number): number => {
      const phase = plan.phases.findLast(({ startEpoch }) => startEpoch <= epoch);
      return input.lr_policy === 'cosine' ? (phase?.batchFactor ?? 1) : 1;
    };
    for (const [index, phase] of expected.phases.entries()) {
      expectClose(plan.phases[index]?.learningRate ?? NaN, phase.lr * factorAt(phase.start_epoch));
    }
    const probes = expected.lr_probes.filter(
      ([epoch]) => input.lr_policy !== 'cosine' || epoch >= input.warmup_epochs,
    );
    expect(probes.length).toBeGreaterThan(8);
    for (const [epoch, rate] of probes) {
      expectClose(learningRateAt(plan.learningRateSchedule, epoch), rate * factorAt(epoch));
    }
  });
});

test('of the reference recipes only those that cannot work are refused, and for what is wrong with them', () => {
  const refused = COMPLETE.map(({ name, input }) => {
    const { problems } = planTraining(specOf(input), input.dataset_size, sha256Hex);
    return [name, [...new Set(problems.map(({ code }) => code))]] as const;
  }).filter(([, codes]) => codes.length > 0);
  expect(Object.fromEntries(refused)).toEqual({
    // Two frames, and batches of 4 against groups of 8 clips.
    tiny_8x32_b4: ['FramesUnfit', 'BatchSmallerThanGroup'],
    tiny_zero_length_phases_b: ['FullShapeVanished', 'FramesUnfit'],
    // Two frames for a SlowFast; an I3D takes them.
    i3d_8x8_t8_8gpu: ['FramesUnfit'],
  });
});

test('the cases on which the reference raises are the three that are handled on purpose', () => {
  const raising = VECTORS.filter(({ error }) => error !== undefined).map(({ name }) => name);
  expect(raising).toEqual([
    'k400_long_only_reference_crash',
    'cosine_long_no_steps_reference_crash',
    'cpu_num_gpus_0_reference_crash',
  ]);
});
