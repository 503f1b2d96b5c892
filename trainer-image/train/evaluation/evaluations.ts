/**
 * Which evaluation happens when: during training the centre view, at the phase's shape where the plan asks for it and at
 * the full shape at every phase end; at the very end the multi-view test. In: where training stands. Out: scores, which also go
 * to the metrics log and into progress. All workers of a job evaluate together and get the same scores.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { Network } from '../../models/network.ts';
import type { PopulationStatistics } from '../../models/normalization-statistics.ts';
import type { EvaluationEvent } from '../../run-folder/events.ts';
import type { MetricsLog } from '../../run-folder/metrics-log.ts';
import type { ClipSource, EvaluationViews } from '../clip-source.ts';
import type { Collective } from '../collective/collective.ts';
import type { JointStop } from '../collective/joint-stop.ts';
import type { Logger } from '../logger.ts';
import type { Position } from '../state/position.ts';
import type { ProgressReporter } from '../progress/progress-reporter.ts';
import type { TrainingSettings } from '../settings.ts';
import type { TrainingState } from '../state/training-state.ts';
import type { StepKit } from '../steps/step-kit.ts';
import type { Worker } from '../collective/step-share.ts';
import { countAsProgress } from './count-as-progress.ts';
import type { Evaluator } from './evaluate.ts';
import { preciseStatistics } from './precise-statistics.ts';
import type { Scores } from './scores.ts';
import { scoresOfAll } from './scores-of-all.ts';

export interface EvaluationsParts {
  readonly plan: Plan;
  readonly worker: Worker;
  readonly collective: Collective;
  readonly stop: Pick<JointStop, 'together' | 'agree' | 'signal'>;
  readonly settings: Pick<TrainingSettings, 'full' | 'augmentation' | 'test' | 'preciseIterations'>;
  readonly network: Pick<Network, 'normalizations'>;
  readonly state: TrainingState;
  readonly steps: Pick<StepKit, 'runner'>;
  readonly evaluator: Evaluator;
  readonly clips: Pick<ClipSource, 'evaluation' | 'listOf' | 'precise'>;
  readonly log: Pick<MetricsLog, 'append'>;
  readonly reporter: Pick<ProgressReporter, 'measured' | 'moved'>;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** Clips of one view: their shape, and how frames are scaled before the crop. */
type ViewShape = Pick<EvaluationViews, 'frames' | 'stride' | 'cropSize' | 'shortSide'>;

export class Evaluations {
  readonly #parts: EvaluationsParts;

  constructor(parts: EvaluationsParts) {
    this.#parts = parts;
  }

  /** The evaluations due at the end of an epoch. @throws the reason of the joint stop's signal when asked to stop. */
  async duringTraining(position: Position): Promise<void> {
    const { plan, settings, state } = this.#parts;
    const { full, augmentation, preciseIterations } = settings;
    const { phase } = position;
    if (preciseIterations > 0) {
      state.setPopulation(await preciseStatistics(this.#parts, phase));
    }
    const population = await state.population();
    const isFullShape = phase.frames === full.frames && phase.cropSize === full.cropSize;
    if (position.isLastOfPhase || isFullShape) {
      const views = this.#centreView({ ...full, shortSide: augmentation.jitterScales[0] });
      await this.#evaluate('full', views, population);
    }
    if (!isFullShape && plan.evaluationEpochs.includes(position.epoch)) {
      const views = this.#centreView({
        frames: phase.frames,
        // The longest stride spans what the full clip spans.
        stride: phase.stride.max,
        cropSize: phase.cropSize,
        shortSide: phase.shortCycle.at(-1)!.minScale,
      });
      await this.#evaluate('phase', views, population);
    }
  }

  /** The final number: all views of the test list, at the full length and the test crop. */
  async test(): Promise<Scores> {
    const { settings, evaluator, state } = this.#parts;
    const { full, augmentation, test } = settings;
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
      clipsPerBatch: evaluator.clipsAtOnce({ frames: full.frames, cropSize: test.cropSize }),
    };
    return this.#evaluate('test', views, await state.population());
  }

  async #evaluate(
    at: EvaluationEvent['at'],
    views: EvaluationViews,
    population: PopulationStatistics,
  ): Promise<Scores> {
    const { state, evaluator, clips, collective, stop, log, reporter, logger, nowMs } = this.#parts;
    const startMs = nowMs();
    const sheet = await stop.together((asked) => {
      const batches = countAsProgress(clips.evaluation(views, asked), reporter);
      return evaluator.evaluate(batches, views, population, asked);
    });
    const scores = await scoresOfAll(sheet, clips.listOf(views), collective);
    const { top1, top5, mAP, loss, videos } = scores;
    const done = state.iteration;
    log.append({
      kind: 'evaluation',
      seconds: state.seconds(),
      ...state.reached(),
      iteration: done,
      at,
      top1,
      top5,
      ...(mAP === null ? {} : { mAP }),
      loss,
      videos,
      views: views.temporalViews * views.spatialViews,
      evaluationSeconds: (nowMs() - startMs) / 1000,
    });
    if (mAP === null) {
      reporter.measured(METRIC_NAMES[at], top1);
    } else {
      reporter.measured(PRECISION_NAMES[at], mAP);
    }
    logger.info('evaluated', { at, iteration: done, top1, top5, mAP, videos });
    return scores;
  }

  #centreView({ frames, stride, cropSize, shortSide }: ViewShape): EvaluationViews {
    const clipsPerBatch = this.#parts.evaluator.clipsAtOnce({ frames, cropSize });
    return {
      ...{ list: 'val', temporalViews: 1, spatialViews: 1 },
      ...{ frames, stride, cropSize, shortSide, clipsPerBatch },
    };
  }
}

const METRIC_NAMES = { phase: 'top1AtPhaseShape', full: 'top1', test: 'testTop1' } as const;
const PRECISION_NAMES = { phase: 'mAPAtPhaseShape', full: 'mAP', test: 'testMAP' } as const;
