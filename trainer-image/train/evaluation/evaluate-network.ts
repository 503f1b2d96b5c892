/**
 * Which evaluation happens when: during training the centre view, at the phase's shape where the plan asks for it and at
 * the full shape at every phase end; at the very end the multi-view test (method.md 7.6). Results go to the metrics log
 * and into progress. Called by `boundary.ts` and `finish.ts`.
 */
import type { EvaluationEvent } from '../../run-folder/events.ts';
import type { EvaluationViews } from '../clip-source.ts';
import { countAsProgress } from './count-as-progress.ts';
import { preciseStatistics } from './precise-statistics.ts';
import type { Position } from '../position.ts';
import type { PopulationStatistics } from './evaluate.ts';
import type { Scores } from './scores.ts';
import type { TrainingRun } from '../training-run.ts';

/** The evaluations due at the end of an epoch. */
export async function evaluateDuringTraining(
  run: TrainingRun,
  position: Position,
  signal: AbortSignal,
): Promise<void> {
  const { full, augmentation } = run.settings;
  const { phase } = position;
  const population = await populationStatistics(run, position, signal);
  const isFullShape = phase.frames === full.frames && phase.cropSize === full.cropSize;
  if (position.isLastOfPhase || isFullShape) {
    const views = { ...full, shortSide: augmentation.jitterScales[0] };
    await evaluate(run, 'full', centreView(run, 'val', views), population, signal);
  }
  if (!isFullShape && run.plan.evaluationEpochs.includes(position.epoch)) {
    // The longest stride spans what the full clip spans.
    const views = {
      frames: phase.frames,
      stride: phase.stride.max,
      cropSize: phase.cropSize,
      shortSide: phase.shortCycle.at(-1)!.minScale,
    };
    await evaluate(run, 'phase', centreView(run, 'val', views), population, signal);
  }
}

/** The final number: all views of the test list, at the full length and the test crop. */
export async function testNetwork(run: TrainingRun, signal: AbortSignal): Promise<Scores> {
  const { full, augmentation, test } = run.settings;
  const smallest = Math.max(augmentation.jitterScales[0], test.cropSize);
  const views: EvaluationViews = {
    list: 'test',
    temporalViews: test.temporalViews,
    spatialViews: test.spatialViews,
    frames: full.frames,
    stride: full.stride,
    cropSize: test.cropSize,
    // One spatial view: the centre of a frame scaled to the jitter minimum. Three: they span the frame, side by side.
    shortSide: test.spatialViews === 1 ? smallest : test.cropSize,
    clipsPerBatch: run.evaluator.clipsPerRun({ frames: full.frames, cropSize: test.cropSize }),
  };
  return evaluate(run, 'test', views, run.state.population(), signal);
}

async function populationStatistics(
  run: TrainingRun,
  position: Position,
  signal: AbortSignal,
): Promise<PopulationStatistics> {
  if (run.settings.preciseIterations > 0) {
    run.state.setPopulation(await preciseStatistics(run, position.phase, signal));
  }
  return run.state.population();
}

async function evaluate(
  run: TrainingRun,
  at: EvaluationEvent['at'],
  views: EvaluationViews,
  population: PopulationStatistics,
  signal: AbortSignal,
): Promise<Scores> {
  const startMs = run.nowMs();
  const clips = countAsProgress(run.clips.evaluation(views, signal), run.reporter);
  const scores = await run.evaluator.evaluate(clips, views, population, signal);
  const { top1, top5, mAP, loss, videos } = scores;
  const done = run.state.iteration;
  run.log.append({
    kind: 'evaluation',
    seconds: run.state.seconds(),
    ...run.state.reached(),
    iteration: done,
    at,
    top1,
    top5,
    ...(mAP === null ? {} : { mAP }),
    loss,
    videos,
    views: views.temporalViews * views.spatialViews,
    evaluationSeconds: (run.nowMs() - startMs) / 1000,
  });
  if (mAP === null) {
    run.reporter.measured(METRIC_NAMES[at], top1);
  } else {
    run.reporter.measured(PRECISION_NAMES[at], mAP);
  }
  run.logger.info('evaluated', { at, iteration: done, top1, top5, mAP, videos });
  return scores;
}

const METRIC_NAMES = { phase: 'top1AtPhaseShape', full: 'top1', test: 'testTop1' } as const;
const PRECISION_NAMES = { phase: 'mAPAtPhaseShape', full: 'mAP', test: 'testMAP' } as const;

function centreView(
  run: TrainingRun,
  list: 'val' | 'test',
  shape: {
    readonly frames: number;
    readonly stride: number;
    readonly cropSize: number;
    readonly shortSide: number;
  },
): EvaluationViews {
  const { frames, stride, cropSize, shortSide } = shape;
  const clipsPerBatch = run.evaluator.clipsPerRun({ frames, cropSize });
  return { list, temporalViews: 1, spatialViews: 1, frames, stride, cropSize, shortSide, clipsPerBatch };
}
