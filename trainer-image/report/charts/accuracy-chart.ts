/**
 * Top-1 (or mean average precision) over wall-clock: evaluations at the full shape, evaluations at each phase's own shape, training clips, and the
 * multi-view test at the end. Training clips have no average precision, so their line is left out beside it. Coarse phases look worse at the full shape than they are at their own.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { RunEvent } from '../../run-folder/events.ts';
import { percent } from '../format.ts';
import { headlineName, headlineOf } from '../headline.ts';
import { binSteps } from '../series.ts';
import { type Chart, type Layer } from './draw.ts';
import { phaseSpans, timeAxisOf, type TimeAxis } from './time-axis.ts';
import { phaseLayers, scoreEncoding, seriesEncoding, timeEncoding } from './time-layers.ts';

const FULL = { name: 'full shape, centre clip', color: 'var(--accent)' };
const PHASE = { name: "phase's own shape, centre clip", color: 'var(--second)' };
const TRAINING = { name: 'clips in training', color: 'var(--third)' };
const SERIES = [FULL, PHASE, TRAINING];

interface Point {
  readonly time: number;
  readonly score: number;
  readonly series: string;
}

export function accuracyChart(plan: Plan, events: readonly RunEvent[]): Chart {
  const axis = timeAxisOf(events);
  const isPrecision = headlineName(events) === 'mAP';
  const points = [
    ...evaluationPoints(events, axis, 'full', FULL.name),
    ...evaluationPoints(events, axis, 'phase', PHASE.name),
  ];
  return {
    label: isPrecision
      ? 'Mean average precision over wall-clock, at the full shape and at the phase shapes'
      : 'Top-1 accuracy over wall-clock, at the full shape, at the phase shapes and on training clips',
    key: isPrecision ? [FULL, PHASE] : SERIES,
    draw({ plotWidth, isNarrow }) {
      return {
        width: plotWidth,
        height: isNarrow ? 190 : 240,
        layer: [
          ...phaseLayers(phaseSpans(plan.phases, events, axis, plotWidth), axis),
          seriesLayer(isPrecision ? [] : trainingPoints(events, axis, isNarrow ? 70 : 160), axis, {
            strokeWidth: 1,
            points: false,
          }),
          seriesLayer(points, axis, { strokeWidth: 1.8, points: true }),
          ...testLayers(events, plotWidth),
        ],
      };
    },
  };
}

function evaluationPoints(
  events: readonly RunEvent[],
  axis: TimeAxis,
  at: 'full' | 'phase',
  series: string,
): readonly Point[] {
  return events
    .filter((event) => event.kind === 'evaluation')
    .filter((event) => event.at === at)
    .map((event) => ({ time: event.seconds / axis.unit.seconds, score: headlineOf(event).value, series }));
}

function trainingPoints(events: readonly RunEvent[], axis: TimeAxis, bins: number): readonly Point[] {
  const steps = events.filter((event) => event.kind === 'step');
  return binSteps(steps, bins).map((bin) => ({
    time: bin.seconds / axis.unit.seconds,
    score: bin.top1,
    series: TRAINING.name,
  }));
}

function seriesLayer(
  points: readonly Point[],
  axis: TimeAxis,
  look: { readonly strokeWidth: number; readonly points: boolean },
): Layer {
  return {
    data: { values: [...points] },
    mark: {
      type: 'line',
      strokeWidth: look.strokeWidth,
      strokeJoin: 'round',
      point: look.points ? { size: 34, filled: true } : false,
    },
    encoding: {
      ...timeEncoding('time', axis),
      ...scoreEncoding(),
      ...seriesEncoding(SERIES),
    },
  };
}

/** A dashed line across the plot at the accuracy of the final test. */
function testLayers(events: readonly RunEvent[], plotWidth: number): Layer[] {
  const test = events.filter((event) => event.kind === 'evaluation').findLast((event) => event.at === 'test');
  if (test === undefined) {
    return [];
  }
  const score = headlineOf(test).value;
  const text = `multi-view test ${percent(score)}`;
  const below = score > 0.5;
  return [
    {
      data: { values: [{ score }] },
      mark: { type: 'rule', color: 'var(--ink)', strokeDash: [5, 4], strokeWidth: 1 },
      encoding: { y: { field: 'score', type: 'quantitative' } },
    },
    {
      data: { values: [{ score, text }] },
      mark: {
        type: 'text',
        x: plotWidth - 2,
        align: 'right',
        baseline: below ? 'top' : 'bottom',
        dy: below ? 5 : -5,
        color: 'var(--ink)',
      },
      encoding: { y: { field: 'score', type: 'quantitative' }, text: { field: 'text', type: 'nominal' } },
    },
  ];
}
