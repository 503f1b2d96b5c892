/** The numbers at the head of a report: how good, how long, how fast. From the result, or from the events so far. Pure. */
import type { Plan } from '../../multigrid/plan/types.ts';
import type { RunEvent, RunResult } from '../run-folder/events.ts';
import { duration, percent, quantity } from './format.ts';
import type { Tile } from './html/page.ts';
import { headlineName, headlineOf } from './headline.ts';
import { ratesOf } from './run-summary.ts';

export function headTiles(
  plan: Plan,
  events: readonly RunEvent[],
  result: RunResult | null,
): readonly Tile[] {
  return [...(result === null ? soFarTiles(plan, events) : resultTiles(result)), ...planTiles(plan)];
}

function resultTiles(result: RunResult): readonly Tile[] {
  return [
    ...scoreTiles(result),
    {
      name: 'Training time',
      value: duration(result.seconds),
      detail: `${duration(result.stepSeconds)} in steps`,
    },
    {
      name: 'Clips per second',
      value: quantity(result.clipsPerSecond),
      detail: `${quantity(result.clips)} clips in ${quantity(result.iterations)} iterations`,
    },
    {
      name: 'Data wait',
      value: percent(result.dataWaitRatio),
      detail:
        result.badClips === 0 ? 'of step time; no bad clips' : `of step time; bad clips: ${result.badClips}`,
    },
  ];
}

function scoreTiles(result: RunResult): readonly Tile[] {
  const { top1, top5, centreTop1, mAP, centreMAP } = result;
  const centreDetail = 'one view, full shape';
  if (mAP !== undefined) {
    return [
      { name: 'mAP', value: percent(mAP), detail: `test, all views; top-1 ${percent(top1)}` },
      { name: 'Centre clip', value: percent(centreMAP ?? 0), detail: `mAP, ${centreDetail}` },
    ];
  }
  return [
    { name: 'Top-1', value: percent(top1), detail: `test, all views; top-5 ${percent(top5)}` },
    { name: 'Centre clip', value: percent(centreTop1), detail: `top-1, ${centreDetail}` },
  ];
}

function soFarTiles(plan: Plan, events: readonly RunEvent[]): readonly Tile[] {
  const steps = events.filter((event) => event.kind === 'step');
  const evaluation = events
    .filter((event) => event.kind === 'evaluation')
    .findLast((event) => event.at === 'full');
  const rates = ratesOf(steps);
  const seconds = events.reduce((latest, event) => Math.max(latest, event.seconds), 0);
  return [
    {
      name: headlineName(events) === 'mAP' ? 'mAP so far' : 'Top-1 so far',
      value: evaluation === undefined ? 'none yet' : percent(headlineOf(evaluation).value),
      detail: 'centre clip, full shape',
    },
    {
      name: 'Progress',
      value: percent(steps.length / plan.totals.iterations, 0),
      detail: `${quantity(steps.length)} of ${quantity(plan.totals.iterations)} iterations`,
    },
    { name: 'Training time', value: duration(seconds), detail: `${duration(rates.seconds)} in steps` },
    {
      name: 'Clips per second',
      value: quantity(rates.clipsPerSecond),
      detail: `${quantity(rates.clips)} clips`,
    },
    { name: 'Data wait', value: percent(rates.dataWaitRatio), detail: 'of step time' },
  ];
}

function planTiles({ totals }: Plan): readonly Tile[] {
  if (totals.iterations === totals.baselineIterations && totals.framePixelRatio === 1) {
    return [];
  }
  return [
    {
      name: 'Work saved',
      value: `${totals.framePixelRatio.toFixed(1)}×`,
      detail: `fewer frame-pixels than the baseline, ${totals.iterationRatio.toFixed(1)}× fewer iterations`,
    },
  ];
}
