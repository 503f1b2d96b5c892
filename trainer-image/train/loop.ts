/**
 * The training loop: read first. Clips come in, one step goes through the graph, gradients update the parameters, and
 * at the borders of the plan the boundary takes over (evaluate, checkpoint, wait for the next directive). `run-trainer.ts`
 * starts it; every other file in this folder is called from here, directly or one step away.
 */
import { learningRateAt } from '../../multigrid/plan/learning-rate.ts';
import type { ClipBatch } from '../data/clip-request.ts';
import { applyStep } from './steps/apply-step.ts';
import { closeEpoch, openGate, passGate } from './boundary.ts';
import { type Position, positionAt, totalIterations } from './position.ts';
import { saveCheckpoint } from './checkpoints/save-checkpoint.ts';
import { shapesFrom, shapesOfPhase, shapeOfStep } from './steps/step-shapes.ts';
import type { TrainingRun } from './training-run.ts';

/**
 * Trains from where `run.state` stands to the end of the plan.
 *
 * @throws the signal's reason when `signal` aborted, between two steps: the state is whole and may be saved.
 * @throws LossNotFiniteError, GradientsNotFiniteError when a step's numbers are NaN or infinite; parameters and checkpoints stay
 * as they were before it.
 */
export async function train(run: TrainingRun, signal: AbortSignal): Promise<void> {
  const total = totalIterations(run.plan);
  const clips = run.clips.training(run.plan, run.state.iteration, signal);
  let lastStepMs = run.nowMs();
  /** Index of the phase whose graphs are there; -1: none. */
  let phaseReady = -1;
  try {
    if (run.state.isBorderPending) {
      await closeEpoch(run, signal);
    }
    let gate = run.state.iteration < total ? await openGate(run, signal) : null;
    while (gate !== null && run.state.iteration < total) {
      const position = positionAt(run.plan, run.state.iteration);
      if (phaseReady !== position.phase.index) {
        await enterPhase(run, position, { lastStepMs, directiveWaitMs: gate.waitedMs });
        phaseReady = position.phase.index;
      }
      await step(run, position, clips);
      lastStepMs = run.nowMs();
      await saveWhenDue(run, position);
      if (position.isLastOfEpoch) {
        run.state.isBorderPending = true;
        await closeEpoch(run, signal);
        gate = await passGate(run, gate, signal);
      }
      signal.throwIfAborted();
    }
  } finally {
    await clips.return(undefined);
  }
}

/** What lies between the last step of a phase and the first of the next. */
interface Border {
  readonly lastStepMs: number;
  readonly directiveWaitMs: number;
}

async function enterPhase(
  run: TrainingRun,
  position: Position,
  { lastStepMs, directiveWaitMs }: Border,
): Promise<void> {
  const { phase, iteration } = position;
  if (position.isFirstOfPhase) {
    run.state.beginPhase(phase);
  }
  await run.steps.keepOnly(shapesFrom(run.plan, phase.index));
  await run.steps.prepare(shapesOfPhase(phase));
  const next = run.plan.phases[phase.index + 1];
  if (next !== undefined) {
    // Built while this phase trains, so that the border costs no session creation.
    void run.steps.prepare(shapesOfPhase(next));
  }
  const transitionMs = run.nowMs() - lastStepMs;
  if (position.isFirstOfPhase) {
    const seconds = run.state.seconds();
    run.log.append({
      kind: 'phase',
      seconds,
      phase: phase.index,
      epoch: position.epoch,
      iteration,
      transitionMs,
      directiveWaitMs,
    });
  }
  const { frames, cropSize } = phase;
  run.logger.info('phase entered', { phase: phase.index, frames, cropSize, transitionMs, directiveWaitMs });
}

async function step(run: TrainingRun, position: Position, clips: AsyncGenerator<ClipBatch>): Promise<void> {
  const startMs = run.nowMs();
  const batch = await nextBatch(clips, position);
  const dataWaitMs = run.nowMs() - startMs;
  const runner = await run.steps.runner(shapeOfStep(position));
  const outcome = await runner.run(batch, position.iteration, { lossScale: run.state.lossScale.scale });
  const clipCount = batch.clips;
  batch.release();
  await applyStep(run, position, runner, outcome);
  run.state.iteration += 1;
  const stepMs = run.nowMs() - startMs;
  const numbers = {
    iteration: position.iteration,
    clips: clipCount,
    frames: position.phase.frames,
    cropSize: position.shape.cropSize,
    learningRate: learningRateAt(run.plan.learningRateSchedule, position.fractionalEpoch),
    loss: outcome.loss,
    stepMs,
    dataWaitMs,
  };
  run.log.append({
    kind: 'step',
    seconds: run.state.seconds(),
    phase: position.phase.index,
    epoch: position.fractionalEpoch,
    top1: outcome.correct / clipCount,
    clipsPerRun: runner.clipsPerRun,
    ...numbers,
  });
  await run.reporter.stepped({ ...numbers, badClips: run.clips.badClips });
}

async function nextBatch(clips: AsyncGenerator<ClipBatch>, position: Position): Promise<ClipBatch> {
  const next = await clips.next();
  if (next.done === true) {
    throw new RangeError(`the clips ended before iteration ${position.iteration}`);
  }
  return next.value;
}

async function saveWhenDue(run: TrainingRun, position: Position): Promise<void> {
  const every = run.settings.checkpoint.everyIterations;
  if (every > 0 && run.state.iteration % every === 0 && !position.isLastOfEpoch) {
    await saveCheckpoint(run);
  }
}
