/**
 * One iteration: the next batch of clips through the step graph, the update, a line in the metrics log, a report. In: the
 * iteration's position and the stream of clips. Out: a state that is one iteration on, or, when the signal aborts in the middle,
 * as it was before.
 */
import { learningRateAt } from '../../multigrid/plan/learning-rate.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { ClipBatch } from '../data/clip-request.ts';
import { outcomeOfAll } from './collective/outcome-of-all.ts';
import type { ClipSource } from './clip-source.ts';
import type { Position } from './state/position.ts';
import type { ProgressReporter } from './progress/progress-reporter.ts';
import { type ApplyParts, applyStep } from './steps/apply-step.ts';
import type { ShapeRunner } from './steps/shape-runner.ts';
import type { StepKit } from './steps/step-kit.ts';
import { shapeOfStep } from './steps/step-shapes.ts';
import type { StepOutcome } from './steps/step.ts';

export interface TrainingStepParts extends ApplyParts {
  readonly plan: Plan;
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
    const { plan, state, clips, collective, log, reporter, nowMs } = this.#parts;
    const startMs = nowMs();
    const batch = await nextBatch(batches, position);
    const dataWaitMs = nowMs() - startMs;
    const { runner, outcome } = await this.#run(batch, position, signal);
    await applyStep(this.#parts, position, runner, outcome);
    state.iteration += 1;
    const clipsOfAll = batch.clips * collective.size;
    const numbers = {
      iteration: position.iteration,
      clips: clipsOfAll,
      frames: position.phase.frames,
      cropSize: position.shape.cropSize,
      learningRate: learningRateAt(plan.learningRateSchedule, position.fractionalEpoch),
      loss: outcome.loss,
      stepMs: nowMs() - startMs,
      dataWaitMs,
    };
    log.append({
      kind: 'step',
      seconds: state.seconds(),
      phase: position.phase.index,
      epoch: position.fractionalEpoch,
      top1: outcome.correct / clipsOfAll,
      clipsPerRun: runner.microBatches.clips,
      ...numbers,
    });
    await reporter.stepped({ ...numbers, badClips: clips.badClips });
  }

  async #run(
    batch: ClipBatch,
    position: Position,
    signal: AbortSignal,
  ): Promise<{ readonly runner: ShapeRunner; readonly outcome: StepOutcome }> {
    const { state, steps, collective } = this.#parts;
    try {
      const runner = await steps.runner(shapeOfStep(position));
      const { scale: lossScale } = state.lossScale;
      const own = await runner.run(batch, position.iteration, { lossScale, signal });
      return { runner, outcome: await outcomeOfAll(collective, own) };
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
