/**
 * One finished run in the numbers that two runs are compared by. Events and result come in; training time leaves the
 * evaluations out, because the two plans ask for different numbers of them. compare-runs.ts sets two of these side by
 * side. Pure.
 */
import type { EvaluationEvent, RunEvent, RunResult } from '../../trainer-image/run-folder/events.ts';
import { headlineOf } from '../../trainer-image/report/headline.ts';

export interface RunFigures {
  readonly seed: number;
  /** Multi-view test, share of videos. */
  readonly top1: number;
  /** Centre clip at the full shape after the last epoch, share of videos. */
  readonly centreTop1: number;
  /** Mean average precision of the two; null where a video has one class. */
  readonly mAP: number | null;
  readonly centreMAP: number | null;
  /** From the first step to the end of training, evaluations and checkpoints included. */
  readonly wallClockSeconds: number;
  /** The same without evaluations. */
  readonly trainingSeconds: number;
  /** In steps alone, waits for data included. */
  readonly stepSeconds: number;
  readonly iterations: number;
  readonly clips: number;
  /** Clips × frames × crop², summed over all steps: the cost that the plan predicts by. */
  readonly framePixels: number;
}

/** One point of a run's accuracy curve. */
export interface AccuracyPoint {
  /** Training time, evaluations left out. */
  readonly seconds: number;
  /** Top-1, or mean average precision where videos have several classes. */
  readonly score: number;
}

export function figuresOf(run: {
  readonly events: readonly RunEvent[];
  readonly result: RunResult;
}): RunFigures {
  const { events, result } = run;
  const evaluating = events
    .filter((event) => event.kind === 'evaluation')
    .reduce((sum, event) => sum + (event.at === 'test' ? 0 : event.evaluationSeconds), 0);
  return {
    seed: result.seed,
    top1: result.top1,
    centreTop1: result.centreTop1,
    mAP: result.mAP ?? null,
    centreMAP: result.centreMAP ?? null,
    wallClockSeconds: result.seconds,
    trainingSeconds: result.seconds - evaluating,
    stepSeconds: result.stepSeconds,
    iterations: result.iterations,
    clips: result.clips,
    framePixels: events
      .filter((event) => event.kind === 'step')
      .reduce((sum, step) => sum + step.clips * step.frames * step.cropSize ** 2, 0),
  };
}

/** Accuracy of the centre clip at the full shape over training time, in the order of training. */
export function accuracyCurve(events: readonly RunEvent[]): readonly AccuracyPoint[] {
  const evaluations = events
    .filter((event) => event.kind === 'evaluation')
    .filter((event) => event.at !== 'test')
    .toSorted((a, b) => a.seconds - b.seconds);
  const points: AccuracyPoint[] = [];
  let evaluating = 0;
  for (const evaluation of evaluations) {
    evaluating += evaluation.evaluationSeconds;
    if (evaluation.at === 'full') {
      points.push(pointOf(evaluation, evaluating));
    }
  }
  return points;
}

function pointOf(evaluation: EvaluationEvent, evaluatingSeconds: number): AccuracyPoint {
  return { seconds: evaluation.seconds - evaluatingSeconds, score: headlineOf(evaluation).value };
}

/**
 * When a run came to an accuracy for good: training time at the first evaluation from which all later ones are at or
 * above `target`.
 *
 * @returns null when the last evaluation is below, or there is none.
 */
export function secondsToStayAt(target: number, curve: readonly AccuracyPoint[]): number | null {
  const lastBelow = curve.findLastIndex((point) => point.score < target);
  return curve[lastBelow + 1]?.seconds ?? null;
}
