/**
 * The comparison in rows of words: what the terminal table and the page's table both show. Means over seeds, with their
 * standard deviation where there are several. Pure.
 */
import { duration, percent, quantity } from '../../trainer-image/report/format.ts';
import type { Comparison, Spread } from './compare-runs.ts';

export interface ComparisonRow {
  readonly what: string;
  readonly baseline: string;
  readonly multigrid: string;
  /** Baseline over multigrid, or the gain in points; empty where neither says anything. */
  readonly change: string;
}

export const COMPARISON_HEADS = ['', 'baseline', 'multigrid', 'change'] as const;

export function comparisonRows({ pairs, summary }: Comparison): readonly ComparisonRow[] {
  const { baseline, multigrid, ratios } = summary;
  const isPrecision = pairs[0]?.measure === 'mAP';
  const accuracy = (what: string, name: 'top1' | 'centreTop1' | 'mAP' | 'centreMAP'): ComparisonRow => ({
    what,
    baseline: percentText(baseline[name]),
    multigrid: percentText(multigrid[name]),
    change: pointsText(baseline[name], multigrid[name]),
  });
  const times = (
    what: string,
    name: 'trainingSeconds' | 'wallClockSeconds' | 'stepSeconds' | 'secondsToTarget',
    ratio: Spread | null,
  ): ComparisonRow => ({
    what,
    baseline: secondsText(baseline[name]),
    multigrid: secondsText(multigrid[name]),
    change: ratioText(ratio, 'faster'),
  });
  const amounts = (
    what: string,
    name: 'iterations' | 'framePixels',
    ratio: Spread | null,
  ): ComparisonRow => ({
    what,
    baseline: amountText(baseline[name]),
    multigrid: amountText(multigrid[name]),
    change: ratioText(ratio, 'fewer'),
  });
  return [
    ...(isPrecision
      ? [accuracy('mAP, test, all views', 'mAP'), accuracy('mAP, centre clip', 'centreMAP')]
      : [accuracy('top-1, test, all views', 'top1'), accuracy('top-1, centre clip', 'centreTop1')]),
    times("time to the baseline's accuracy", 'secondsToTarget', ratios.toTarget),
    times('training time', 'trainingSeconds', ratios.training),
    times('  of which steps', 'stepSeconds', ratios.steps),
    times('  with evaluations', 'wallClockSeconds', ratios.wallClock),
    amounts('iterations', 'iterations', ratios.iterations),
    amounts('frame-pixels', 'framePixels', ratios.framePixels),
  ];
}

/** `4.2× faster`, or `1.3× slower` turned round, so that the number is never below one. */
export function ratioText(ratio: Spread | null, word: 'faster' | 'fewer'): string {
  if (ratio === null) {
    return '–';
  }
  const spread = ratio.sd === null ? '' : ` ± ${ratio.sd.toFixed(2)}`;
  if (ratio.mean >= 1) {
    return `${ratio.mean.toFixed(2)}×${spread} ${word}`;
  }
  return `${(1 / ratio.mean).toFixed(2)}× ${word === 'faster' ? 'slower' : 'more'}`;
}

export function percentText(spread: Spread | null): string {
  if (spread === null) {
    return '–';
  }
  return spread.sd === null
    ? percent(spread.mean)
    : `${percent(spread.mean)} ± ${(spread.sd * 100).toFixed(1)}`;
}

export function secondsText(spread: Spread | null): string {
  if (spread === null) {
    return 'not reached';
  }
  return spread.sd === null ? duration(spread.mean) : `${duration(spread.mean)} ± ${duration(spread.sd)}`;
}

function amountText(spread: Spread | null): string {
  if (spread === null) {
    return '–';
  }
  const [unit, name] =
    spread.mean >= 1e9 ? [1e9, ' billion'] : spread.mean >= 1e6 ? [1e6, ' million'] : [1, ''];
  return `${quantity(spread.mean / unit)}${name}`;
}

function pointsText(baseline: Spread | null, multigrid: Spread | null): string {
  if (baseline === null || multigrid === null) {
    return '–';
  }
  const points = (multigrid.mean - baseline.mean) * 100;
  return `${points >= 0 ? '+' : '−'}${Math.abs(points).toFixed(1)} points`;
}
