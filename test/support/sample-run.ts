/**
 * A run that never happened but could have: a quickstart-like plan, its events and its result, all from one seed. Tests
 * of the report and of the comparison read it; `sampleRun()` alone is a multigrid run, `sampleBaseline()` its control.
 */
import type { Phase, Plan } from '../../multigrid/plan/types.ts';
import type {
  EvaluationEvent,
  RunEvent,
  RunResult,
  StepEvent,
} from '../../trainer-image/run-folder/events.ts';
import { summarizeRun } from '../../trainer-image/report/run-summary.ts';

export interface SampleRun {
  readonly plan: Plan;
  readonly events: readonly RunEvent[];
  readonly result: RunResult;
}

const BASE_LEARNING_RATE = 0.05;
const CLIPS = 1200;
const FULL_CROP = 64;
const CLASS_NAMES = ['0', '1', '4', '7'].flatMap((digit) =>
  ['left', 'right', 'up', 'down'].map((direction) => `${digit}-${direction}`),
);

/** [B, T, S, first epoch, end epoch, learning-rate factor] of the default long cycle, 30 epochs. */
const MULTIGRID_ROWS = [
  [8, 4, 45, 0, 9, 8],
  [4, 8, 45, 9, 14, 4],
  [2, 8, 64, 14, 18, 2],
  [1, 16, 64, 18, 20, 1],
  [8, 4, 45, 20, 24, 0.8],
  [4, 8, 45, 24, 25, 0.4],
  [2, 8, 64, 25, 27, 0.2],
  [1, 16, 64, 27, 28, 0.1],
  [1, 16, 64, 28, 30, 0.01],
] as const;

const BASELINE_ROWS = [
  [1, 16, 64, 0, 12, 1],
  [1, 16, 64, 12, 17, 0.1],
  [1, 16, 64, 17, 20, 0.01],
] as const;

type Row = readonly [number, number, number, number, number, number];

/** A multigrid run: 98.8 % after about 80 s. */
export function sampleRun(seed = 1): SampleRun {
  return runOf(planOf(MULTIGRID_ROWS, true), { seed, name: 'moving-digits', accuracy: 0.988 });
}

/** The baseline run of the same recipe: 97.5 % after about 300 s. */
export function sampleBaseline(seed = 1): SampleRun {
  return runOf(planOf(BASELINE_ROWS, false), { seed, name: 'moving-digits-baseline', accuracy: 0.975 });
}

function planOf(rows: readonly Row[], hasShortCycle: boolean): Plan {
  const phases = rows.map((row, index) => phaseOf(row, index, hasShortCycle));
  const iterations = phases.reduce(
    (sum, phase) => sum + (phase.endEpoch - phase.startEpoch) * phase.iterationsPerEpoch,
    0,
  );
  const epochs = phases.at(-1)!.endEpoch;
  return {
    version: 2,
    hash: hasShortCycle ? 'ab'.repeat(32) : 'cd'.repeat(32),
    phases,
    epochs,
    evaluationEpochs: Array.from({ length: epochs }, (_, i) => i).filter((i) => i % 2 === 1),
    checkpointEpochs: phases.map((phase) => phase.endEpoch - 1),
    learningRateSchedule: {
      policy: 'steps',
      base: BASE_LEARNING_RATE,
      borders: rows.map((row) => row[3]),
      factors: rows.map((row) => row[5]),
      epochs,
      end: 0,
      warmup: { epochs: 2, learningRate: 0.005 },
    },
    totals: {
      iterations,
      baselineIterations: 3000,
      iterationRatio: 3000 / iterations,
      framePixelRatio: 3.62,
    },
    problems: [],
  };
}

function phaseOf(row: Row, index: number, hasShortCycle: boolean): Phase {
  const [batchFactor, frames, cropSize, startEpoch, endEpoch, factor] = row;
  const batch = 8 * batchFactor;
  const crops = hasShortCycle ? [32, 45, cropSize] : [cropSize];
  const shortCycle = crops.map((crop) => {
    const clips = batch * Math.max(1, Math.round((cropSize / crop) ** 2));
    return {
      cropSize: crop,
      globalBatch: clips,
      minScale: Math.round((66 * crop) / FULL_CROP),
    };
  });
  const mean = shortCycle.reduce((sum, shape) => sum + shape.globalBatch, 0) / shortCycle.length;
  return {
    index,
    stage: 0,
    startEpoch,
    endEpoch,
    batchFactor,
    frames,
    cropSize,
    globalBatch: batch,
    learningRate: BASE_LEARNING_RATE * factor,
    stride: { min: 2, max: (2 * 16) / frames },
    groups: batchFactor,
    shortCycle,
    iterationsPerEpoch: Math.ceil(CLIPS / mean),
  };
}

function runOf(
  plan: Plan,
  settings: { readonly seed: number; readonly name: string; readonly accuracy: number },
): SampleRun {
  const events = [...eventsOf(plan, settings)];
  const result = summarizeRun(plan, events, {
    name: settings.name,
    model: 'slowfast-small',
    seed: settings.seed,
    confusion: confusionOf(settings.seed),
    classNames: CLASS_NAMES,
  });
  return { plan, events, result };
}

function* eventsOf(
  plan: Plan,
  settings: { readonly seed: number; readonly accuracy: number },
): Generator<RunEvent> {
  const random = randomFrom(settings.seed);
  let seconds = 0;
  let iteration = 0;
  for (const phase of plan.phases) {
    const epochs = phase.endEpoch - phase.startEpoch;
    for (let i = 0; i < epochs * phase.iterationsPerEpoch; i += 1) {
      const step = stepOf(plan, phase, i, iteration, random);
      if (i === 0) {
        yield {
          kind: 'phase',
          seconds,
          phase: phase.index,
          epoch: phase.startEpoch,
          iteration,
          transitionMs: 140,
        };
      }
      seconds += step.stepMs / 1000;
      iteration += 1;
      yield { ...step, seconds };
      const epoch = phase.startEpoch + iteration / phase.iterationsPerEpoch;
      if ((i + 1) % (2 * phase.iterationsPerEpoch) === 0 || i + 1 === epochs * phase.iterationsPerEpoch) {
        const done = phase.startEpoch + (i + 1) / phase.iterationsPerEpoch;
        for (const at of ['phase', 'full'] as const) {
          seconds += 1.1;
          yield evaluationOf(plan, phase, { seconds, epoch: done, iteration, at }, settings.accuracy);
        }
      }
      if (i + 1 === epochs * phase.iterationsPerEpoch) {
        yield {
          kind: 'checkpoint',
          seconds,
          iteration,
          epoch,
          path: `checkpoints/${iteration}`,
          bytes: 1_700_000,
        };
      }
    }
  }
  yield { kind: 'badClip', seconds: 12, iteration: 60, path: 'videos/broken <b>.mp4', reason: 'TRUNCATED' };
  const last = plan.phases.at(-1)!;
  const at = { seconds: seconds + 14, epoch: plan.epochs, iteration, at: 'test' } as const;
  yield { ...evaluationOf(plan, last, at, settings.accuracy), views: 30, top1: settings.accuracy + 0.004 };
}

function stepOf(plan: Plan, phase: Phase, i: number, iteration: number, random: () => number): StepEvent {
  const shape = phase.shortCycle[i % phase.shortCycle.length]!;
  const progress = (phase.startEpoch + i / phase.iterationsPerEpoch) / plan.epochs;
  const easy = 1 - shape.cropSize / 400;
  const stepMs =
    shape.globalBatch * phase.frames * shape.cropSize ** 2 * 1.85e-4 * (0.9 + 0.2 * random()) + 4;
  return {
    kind: 'step',
    seconds: 0,
    phase: phase.index,
    epoch: phase.startEpoch + i / phase.iterationsPerEpoch,
    iteration,
    frames: phase.frames,
    cropSize: shape.cropSize,
    clips: shape.globalBatch,
    learningRate: phase.learningRate,
    loss: 2.77 * Math.exp(-4.5 * progress) * (0.75 + 0.5 * random()) * easy + 0.02,
    top1: Math.min(1, 1 - 0.93 * Math.exp(-5 * progress) * (0.8 + 0.4 * random())),
    stepMs,
    dataWaitMs: stepMs * 0.03 * random() * (phase.index === 0 ? 3.2 : 1),
  };
}

function evaluationOf(
  plan: Plan,
  phase: Phase,
  at: Pick<EvaluationEvent, 'seconds' | 'epoch' | 'iteration' | 'at'>,
  accuracy: number,
): EvaluationEvent {
  const progress = at.epoch / plan.epochs;
  const coarse = at.at === 'full' ? Math.max(0, (1 - progress) * (phase.batchFactor / 16)) : 0;
  const top1 = at.epoch === plan.epochs ? accuracy : accuracy * (1 - Math.exp(-6 * progress)) * (1 - coarse);
  return {
    kind: 'evaluation',
    phase: phase.index,
    ...at,
    top1,
    top5: Math.min(1, top1 + 0.3 * (1 - top1)),
    loss: 2.77 * (1 - top1) + 0.03,
    videos: 320,
    views: 1,
    evaluationSeconds: 1.1,
  };
}

function confusionOf(seed: number): readonly (readonly number[])[] {
  const random = randomFrom(seed + 99);
  return CLASS_NAMES.map((_, truth) => {
    const row = CLASS_NAMES.map(() => 0);
    for (let i = 0; i < 20; i += 1) {
      const guess = random() < 0.93 ? truth : Math.floor(random() * CLASS_NAMES.length);
      row[guess]! += 1;
    }
    return row;
  });
}

/** Numbers in [0, 1), the same for the same seed: a linear congruential generator is random enough for a picture. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
