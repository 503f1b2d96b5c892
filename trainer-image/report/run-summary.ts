/**
 * Adds a run up: the events of metrics.jsonl and what only the trainer knows come in, the content of result.json goes
 * out. The trainer calls it after the final test, so that result.json and the curves can never disagree. Pure.
 */
import type { Phase, Plan } from '../../multigrid/plan/types.ts';
import type { EvaluationEvent, PhaseResult, RunEvent, RunResult, StepEvent } from '../run-folder/events.ts';

/** What the log does not hold. */
export interface RunFacts {
  readonly name: string;
  readonly model: string;
  readonly seed: number;
  /** Rows: true class, columns: guessed class, counts of test videos. */
  readonly confusion: readonly (readonly number[])[];
  /** Names in label order, when there are any. */
  readonly classNames?: readonly string[];
}

/** A run without the evaluations that its result is made of: it has not got that far. */
export class UnfinishedRunError extends Error {
  override readonly name = 'UnfinishedRunError';
}

/**
 * The result of a finished run.
 *
 * @throws UnfinishedRunError when the final test or the last evaluation at the full shape is missing.
 */
export function summarizeRun(plan: Plan, events: readonly RunEvent[], facts: RunFacts): RunResult {
  const steps = events.filter((event) => event.kind === 'step');
  const test = lastEvaluation(events, 'test');
  const centre = lastEvaluation(events, 'full');
  const training = events.filter((event) => event.kind !== 'evaluation' || event.at !== 'test');
  const rates = ratesOf(steps);
  return {
    name: facts.name,
    model: facts.model,
    planHash: plan.hash,
    top1: test.top1,
    top5: test.top5,
    centreTop1: centre.top1,
    ...(test.mAP === undefined ? {} : { mAP: test.mAP }),
    ...(centre.mAP === undefined ? {} : { centreMAP: centre.mAP }),
    seconds: training.reduce((latest, event) => Math.max(latest, event.seconds), 0),
    stepSeconds: rates.seconds,
    clips: rates.clips,
    clipsPerSecond: rates.clipsPerSecond,
    dataWaitRatio: rates.dataWaitRatio,
    iterations: steps.length,
    badClips: events.filter((event) => event.kind === 'badClip').length,
    seed: facts.seed,
    phases: summarizePhases(plan.phases, events),
    confusion: facts.confusion,
    ...(facts.classNames === undefined ? {} : { classNames: facts.classNames }),
  };
}

/** One line per phase that has begun; also of a run that is still under way. */
export function summarizePhases(
  phases: readonly Phase[],
  events: readonly RunEvent[],
): readonly PhaseResult[] {
  const stepsOf = Map.groupBy(
    events.filter((event) => event.kind === 'step'),
    (step) => step.phase,
  );
  return phases.flatMap((phase) => {
    const steps = stepsOf.get(phase.index);
    return steps === undefined ? [] : [phaseResult(phase, steps, events)];
  });
}

function phaseResult(phase: Phase, steps: readonly StepEvent[], events: readonly RunEvent[]): PhaseResult {
  const rates = ratesOf(steps);
  const atEnd = events
    .filter((event) => event.kind === 'evaluation')
    .findLast((event) => event.at === 'full' && Math.abs(event.epoch - phase.endEpoch) < 1e-6);
  return {
    index: phase.index,
    frames: phase.frames,
    cropSize: phase.cropSize,
    globalBatch: phase.globalBatch,
    startEpoch: phase.startEpoch,
    endEpoch: phase.endEpoch,
    learningRate: phase.learningRate,
    seconds: rates.seconds,
    clipsPerSecond: rates.clipsPerSecond,
    dataWaitRatio: rates.dataWaitRatio,
    top1: atEnd?.top1 ?? null,
    ...(atEnd?.mAP === undefined ? {} : { mAP: atEnd.mAP }),
  };
}

/** Totals of some steps; ratios are 0 where there is nothing to divide by. */
export function ratesOf(steps: readonly StepEvent[]): {
  readonly seconds: number;
  readonly clips: number;
  readonly clipsPerSecond: number;
  readonly dataWaitRatio: number;
} {
  let stepMs = 0;
  let waitMs = 0;
  let clips = 0;
  for (const step of steps) {
    stepMs += step.stepMs;
    waitMs += step.dataWaitMs;
    clips += step.clips;
  }
  return {
    seconds: stepMs / 1000,
    clips,
    clipsPerSecond: stepMs === 0 ? 0 : (clips * 1000) / stepMs,
    dataWaitRatio: stepMs === 0 ? 0 : waitMs / stepMs,
  };
}

function lastEvaluation(events: readonly RunEvent[], at: EvaluationEvent['at']): EvaluationEvent {
  const evaluation = events
    .filter((event) => event.kind === 'evaluation')
    .findLast((event) => event.at === at);
  if (evaluation === undefined) {
    throw new UnfinishedRunError(
      `the log has no '${at}' evaluation, so the run is not finished; continue it with --resume`,
    );
  }
  return evaluation;
}
