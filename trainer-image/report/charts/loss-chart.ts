/**
 * Training loss over wall-clock: a line through short stretches' means, a band from each stretch's lowest to its highest
 * step (the shapes of the short cycle differ), and the phase borders.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { RunEvent } from '../../run-folder/events.ts';
import { binSteps } from '../series.ts';
import { AXIS_EXTENT, type Chart } from './draw.ts';
import { phaseSpans, timeAxisOf } from './time-axis.ts';
import { phaseLayers, timeEncoding } from './time-layers.ts';

/** Stretches a trace is cut into: about two pixels each on a wide page. */
const WIDE_BINS = 400;
const NARROW_BINS = 140;
/** Steps a stretch holds at least, two turns of the usual short cycle, in runs long enough for a band to mean something. */
const STEPS_PER_BIN = 6;
const FEW_BINS = 60;

export function lossChart(plan: Plan, events: readonly RunEvent[]): Chart {
  const steps = events.filter((event) => event.kind === 'step');
  const axis = timeAxisOf(events);
  return {
    label: 'Training loss over wall-clock, with the borders between phases',
    draw({ plotWidth, isNarrow }) {
      const most = isNarrow ? NARROW_BINS : WIDE_BINS;
      const bins = Math.min(most, Math.max(FEW_BINS, Math.floor(steps.length / STEPS_PER_BIN)));
      const values = binSteps(steps, bins).map((bin) => ({
        time: bin.seconds / axis.unit.seconds,
        mean: bin.meanLoss,
        low: bin.lowLoss,
        high: bin.highLoss,
      }));
      const loss = { type: 'quantitative', title: null, axis: { minExtent: AXIS_EXTENT } } as const;
      return {
        data: { values },
        width: plotWidth,
        height: isNarrow ? 180 : 220,
        layer: [
          ...phaseLayers(phaseSpans(plan.phases, events, axis, plotWidth), axis),
          {
            mark: { type: 'area', color: 'var(--accent)', opacity: 0.18, interpolate: 'linear' },
            encoding: {
              ...timeEncoding('time', axis),
              y: { field: 'low', ...loss, scale: { zero: true } },
              y2: { field: 'high' },
            },
          },
          {
            mark: { type: 'line', color: 'var(--accent)', strokeWidth: 1.6, strokeJoin: 'round' },
            encoding: { ...timeEncoding('time', axis), y: { field: 'mean', ...loss } },
          },
        ],
      };
    },
  };
}
