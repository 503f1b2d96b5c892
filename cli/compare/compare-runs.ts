/**
 * Two runs of one recipe side by side, and several seeds of such pairs together. Runs come in, the content of
 * compare.json goes out; compare-page.ts and compare-table.ts show it. Pure.
 */
import type { RunEvent, RunResult } from '../../trainer-image/run-folder/events.ts';
import { headlineOf } from '../../trainer-image/report/headline.ts';
import { accuracyCurve, figuresOf, secondsToStayAt, type RunFigures } from './run-figures.ts';

/** A finished run. */
export interface ComparedRun {
  readonly events: readonly RunEvent[];
  readonly result: RunResult;
}

export interface SideFigures extends RunFigures {
  /** Training time until the run stays at the baseline's final centre accuracy; null when it never does. */
  readonly secondsToTarget: number | null;
}

/** One seed, both ways. */
export interface PairComparison {
  readonly seed: number;
  /** The accuracy to reach: the baseline's centre clip after its last epoch. */
  readonly target: number;
  /** What accuracy means here: mean average precision where videos have several classes. */
  readonly measure: 'top-1' | 'mAP';
  readonly baseline: SideFigures;
  readonly multigrid: SideFigures;
  /** Baseline over multigrid: how many times faster, or less of it, multigrid is. */
  readonly ratios: Ratios;
}

export interface Ratios {
  /** Training time of the whole runs, evaluations left out. */
  readonly training: number;
  /** Wall-clock of the whole runs as they were, evaluations included. */
  readonly wallClock: number;
  readonly steps: number;
  /** Training time to the baseline's final accuracy; null when multigrid never stays there. */
  readonly toTarget: number | null;
  readonly iterations: number;
  readonly framePixels: number;
}

/** Sets a multigrid run beside the baseline run of the same recipe and seed. */
export function compareRuns(baseline: ComparedRun, multigrid: ComparedRun): PairComparison {
  const { centreTop1: top1, centreMAP: mAP } = baseline.result;
  const { name: measure, value: target } = headlineOf(mAP === undefined ? { top1 } : { top1, mAP });
  const base = sideOf(baseline, target);
  const multi = sideOf(multigrid, target);
  return {
    seed: baseline.result.seed,
    target,
    measure,
    baseline: base,
    multigrid: multi,
    ratios: {
      training: base.trainingSeconds / multi.trainingSeconds,
      wallClock: base.wallClockSeconds / multi.wallClockSeconds,
      steps: base.stepSeconds / multi.stepSeconds,
      toTarget: ratioOf(base.secondsToTarget, multi.secondsToTarget),
      iterations: base.iterations / multi.iterations,
      framePixels: base.framePixels / multi.framePixels,
    },
  };
}

function sideOf(run: ComparedRun, target: number): SideFigures {
  return {
    ...figuresOf(run),
    secondsToTarget: secondsToStayAt(target, accuracyCurve(run.events)),
  };
}

function ratioOf(baseline: number | null, multigrid: number | null): number | null {
  return baseline === null || multigrid === null ? null : baseline / multigrid;
}

/** Mean and spread of one number over the seeds. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation; null with one seed. */
  readonly sd: number | null;
}

type FigureName = Exclude<keyof SideFigures, 'seed'>;

/** compare.json. */
export interface Comparison {
  readonly version: 1;
  readonly pairs: readonly PairComparison[];
  /** Over all seeds; a time or ratio is null when one of the seeds has none. */
  readonly summary: {
    readonly baseline: Readonly<Record<FigureName, Spread | null>>;
    readonly multigrid: Readonly<Record<FigureName, Spread | null>>;
    readonly ratios: Readonly<Record<keyof Ratios, Spread | null>>;
  };
}

/** @param pairs At least one. */
export function summarizePairs(pairs: readonly PairComparison[]): Comparison {
  return {
    version: 1,
    pairs,
    summary: {
      baseline: sideSpreads(pairs.map((pair) => pair.baseline)),
      multigrid: sideSpreads(pairs.map((pair) => pair.multigrid)),
      ratios: ratioSpreads(pairs.map((pair) => pair.ratios)),
    },
  };
}

function sideSpreads(sides: readonly SideFigures[]): Record<FigureName, Spread | null> {
  const spread = (name: FigureName): Spread | null => spreadOf(sides.map((side) => side[name]));
  return {
    top1: spread('top1'),
    centreTop1: spread('centreTop1'),
    mAP: spread('mAP'),
    centreMAP: spread('centreMAP'),
    wallClockSeconds: spread('wallClockSeconds'),
    trainingSeconds: spread('trainingSeconds'),
    stepSeconds: spread('stepSeconds'),
    iterations: spread('iterations'),
    clips: spread('clips'),
    framePixels: spread('framePixels'),
    secondsToTarget: spread('secondsToTarget'),
  };
}

function ratioSpreads(ratios: readonly Ratios[]): Record<keyof Ratios, Spread | null> {
  const spread = (name: keyof Ratios): Spread | null => spreadOf(ratios.map((ratio) => ratio[name]));
  return {
    training: spread('training'),
    wallClock: spread('wallClock'),
    steps: spread('steps'),
    toTarget: spread('toTarget'),
    iterations: spread('iterations'),
    framePixels: spread('framePixels'),
  };
}

/** Null when a value is missing: a mean over the lucky seeds would flatter. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  if (known.length < values.length || known.length === 0) {
    return null;
  }
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) {
    return { mean, sd: null };
  }
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (known.length - 1)) };
}
