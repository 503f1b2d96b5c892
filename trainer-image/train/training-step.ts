/**
 * One iteration: the next batch of clips through the step graph, the update, a line in the metrics log, a report. In: the
 * iteration's position and the stream of this worker's clips. Out: a state that is one iteration on, or, when the signal aborts in
 * the middle, as it was before.
 */
import { learningRateAt } from '../../multigrid/plan/learning-rate.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { ClipBatch } from '../data/clip-request.ts';
import type { JointStop } from './collective/joint-stop.ts';
import { outcomeOfAll, type StepSum } from './steps/outcome-of-all.ts';
import { workersOfStep } from './collective/workers-of-step.ts';
import type { ClipSource } from './clip-source.ts';
import type { Position } from './state/position.ts';
import type { ProgressReporter } from './progress/progress-reporter.ts';
import { type ApplyParts, applyStep } from './steps/apply-step.ts';
import type { ShapeRunner } from './steps/shape-runner.ts';
import type { StepKit } from './steps/step-kit.ts';
import { type StepShare, stepShare, type Worker } from './collective/step-share.ts';
import type { StepOutcome } from './steps/step.ts';

export interface TrainingStepParts extends ApplyParts {
  readonly plan: Plan;
  readonly worker: Worker;
  readonly store: ApplyParts['store'] & StepSum['store'];
  readonly collective: StepSum['collective'];
  readonly stop: Pick<JointStop, 'isAsked' | 'settle'>;
  readonly steps: Pick<StepKit, 'runner'>;
  readonly clips: Pick<ClipSource, 'badClips'>;
  readonly reporter: Pick<ProgressReporter, 'measured' | 'stepped'>;
  readonly nowMs: () => number;
}

export class TrainingStep {
  readonly #parts: TrainingStepParts;

  constructor(parts: TrainingStepParts) {
    this.#parts = parts;
  }

  /**
   * @throws the signal's reason when aborted before the gradients are applied.
   * @throws LossNotFiniteError, GradientsNotFiniteError, NotEnoughMemoryError, BadDataError; the state is as before then too.
   */
  async take(position: Position, batches: AsyncGenerator<ClipBatch>, signal: AbortSignal): Promise<void> {
    const { plan, worker, state, clips, stop, log, reporter, nowMs } = this.#parts;
    const startMs = nowMs();
    const batch = await nextBatch(batches, position);
    const runMs = nowMs();
    const dataWaitMs = runMs - startMs;
    const share = stepShare(position.phase, position.shape, worker);
    const { runner, own } = await this.#run(batch, position, share, signal);
    const { lanes, count } = runner.microBatches;
    const part = { lanes, scale: share.weight / count };
    const outcome = await outcomeOfAll(this.#parts, part, {
      lossPart: share.weight * own.loss,
      correct: own.correct,
      isFinite: own.isFinite,
      isStopAsked: stop.isAsked,
      badClips: clips.badClips,
      dataWaitMs,
      computeMs: nowMs() - runMs,
    });
    await applyStep(this.#parts, position, { share, statistics: own.statistics }, outcome);
    state.iteration += 1;
    stop.settle(outcome);
    const { globalBatch } = position.shape;
    const numbers = {
      iteration: position.iteration,
      clips: globalBatch,
      frames: position.phase.frames,
      cropSize: position.shape.cropSize,
      learningRate: learningRateAt(plan.learningRateSchedule, position.fractionalEpoch),
      loss: outcome.loss,
      stepMs: nowMs() - startMs,
      dataWaitMs: Math.max(...outcome.workers.map((of) => of.dataWaitMs)),
    };
    const workers = workersOfStep(outcome.workers);
    log.append({
      kind: 'step',
      seconds: state.seconds(),
      phase: position.phase.index,
      epoch: position.fractionalEpoch,
      top1: outcome.correct / globalBatch,
      clipsPerRun: runner.microBatches.clips,
      ...numbers,
      ...(workers === undefined ? {} : { workers }),
    });
    await reporter.stepped({ ...numbers, badClips: outcome.badClips });
  }

  async #run(
    batch: ClipBatch,
    { iteration }: Position,
    { shape, clips, spanning }: StepShare,
    signal: AbortSignal,
  ): Promise<{ readonly runner: ShapeRunner; readonly own: StepOutcome }> {
    const { state, steps } = this.#parts;
    try {
      const runner = await steps.runner(shape);
      const { scale: lossScale } = state.lossScale;
      const options = { lossScale, firstClip: clips.first, spanning, signal };
      const own = await runner.run(batch, iteration, options);
      return { runner, own };
    } finally {
      batch.release();
    }
  }
}

async function nextBatch(batches: AsyncGenerator<ClipBatch>, position: Position): Promise<ClipBatch> {
  const next = await batches.next();
  if (next.done === true) {
    throw new RangeError(`the clips ended before iteration ${position.iteration}`);
  }
  return next.value;
}
