/**
 * Accuracy of both recipes over training time in one plot: every seed a line, the baseline's final accuracy across, and
 * a mark where each run stays at it.
 */
import { type Chart, type Layer } from '../../trainer-image/report/charts/draw.ts';
import { timeUnitFor, type TimeAxis } from '../../trainer-image/report/charts/time-axis.ts';
import {
  scoreEncoding,
  seriesEncoding,
  timeEncoding,
} from '../../trainer-image/report/charts/time-layers.ts';
import type { ComparedRun, PairComparison } from './compare-runs.ts';
import { accuracyCurve } from './run-figures.ts';

/** Runs of one seed with their comparison. */
export interface ComparedPair {
  readonly baseline: ComparedRun;
  readonly multigrid: ComparedRun;
  readonly comparison: PairComparison;
}

const BASELINE = { name: 'baseline', color: 'var(--second)' };
const MULTIGRID = { name: 'multigrid', color: 'var(--accent)' };
const SERIES = [MULTIGRID, BASELINE];

export function compareChart(pairs: readonly ComparedPair[]): Chart {
  const axis = axisOf(pairs);
  return {
    label: 'Accuracy of the centre clip at the full shape over training time, baseline and multigrid',
    key: SERIES,
    draw: ({ plotWidth, isNarrow }) => ({
      width: plotWidth,
      height: isNarrow ? 210 : 300,
      layer: [...targetLayers(pairs, axis), curveLayer(pairs, axis), reachedLayer(pairs, axis)],
    }),
  };
}

function axisOf(pairs: readonly ComparedPair[]): TimeAxis {
  const seconds = Math.max(
    1,
    ...pairs.flatMap(({ comparison }) => [
      comparison.baseline.trainingSeconds,
      comparison.multigrid.trainingSeconds,
    ]),
  );
  const unit = timeUnitFor(seconds);
  return { unit, end: seconds / unit.seconds };
}

function curveLayer(pairs: readonly ComparedPair[], axis: TimeAxis): Layer {
  const values = pairs.flatMap(({ baseline, multigrid, comparison }) =>
    [
      { run: baseline, series: BASELINE.name },
      { run: multigrid, series: MULTIGRID.name },
    ].flatMap(({ run, series }) =>
      accuracyCurve(run.events).map((point) => ({
        time: point.seconds / axis.unit.seconds,
        score: point.score,
        series,
        line: `${series} ${comparison.seed}`,
      })),
    ),
  );
  return {
    data: { values },
    mark: { type: 'line', strokeWidth: 1.8, strokeJoin: 'round', point: { size: 26, filled: true } },
    encoding: {
      ...timeEncoding('time', axis),
      ...scoreEncoding(),
      detail: { field: 'line', type: 'nominal' },
      ...seriesEncoding(SERIES),
    },
  };
}

/** The accuracies to reach, one per seed. */
function targetLayers(pairs: readonly ComparedPair[], axis: TimeAxis): Layer[] {
  const targets = pairs.map(({ comparison }) => ({ score: comparison.target }));
  return [
    {
      data: { values: targets },
      mark: { type: 'rule', color: 'var(--muted)', strokeDash: [5, 4], strokeWidth: 1 },
      encoding: { y: { field: 'score', type: 'quantitative' } },
    },
    {
      data: { values: [{ score: Math.max(...targets.map(({ score }) => score)), at: axis.end }] },
      mark: {
        type: 'text',
        align: 'right',
        baseline: 'bottom',
        dy: -4,
        dx: -2,
        text: "the baseline's final accuracy",
      },
      encoding: { ...timeEncoding('at', axis), y: { field: 'score', type: 'quantitative' } },
    },
  ];
}

/** Where each run stays at its target, as a line down to the time axis. */
function reachedLayer(pairs: readonly ComparedPair[], axis: TimeAxis): Layer {
  const values = pairs.flatMap(({ comparison }) =>
    [
      { series: BASELINE.name, seconds: comparison.baseline.secondsToTarget },
      { series: MULTIGRID.name, seconds: comparison.multigrid.secondsToTarget },
    ].flatMap(({ series, seconds }) =>
      seconds === null
        ? []
        : [{ series, time: seconds / axis.unit.seconds, top: comparison.target, bottom: 0 }],
    ),
  );
  return {
    data: { values },
    mark: { type: 'rule', strokeWidth: 1.4, strokeDash: [2, 3] },
    encoding: {
      ...timeEncoding('time', axis),
      y: { field: 'bottom', type: 'quantitative' },
      y2: { field: 'top' },
      ...seriesEncoding(SERIES),
    },
  };
}
