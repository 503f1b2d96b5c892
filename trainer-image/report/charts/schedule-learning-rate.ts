/** The learning rate over the epochs, on a logarithmic scale: the lowest panel of the schedule picture, with its axis. */
import { learningRateAt } from '../../../multigrid/plan/learning-rate.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import { compact } from '../format.ts';
import { AXIS_EXTENT, type ChartSize, type Panel } from './draw.ts';

/** Decades shown below the highest rate; a cosine ends at zero, which has no logarithm. */
const LOWEST_SHARE = 1e-5;
const TRACE_POINTS = 300;
/** Space the number of an epoch takes on the axis, pixels. */
const TICK_WIDTH = 22;

export function learningRatePanel(plan: Plan, size: ChartSize): Panel {
  const trace = learningRateTrace(plan);
  const highest = Math.max(...trace.map(({ rate }) => rate));
  const values = trace.filter(({ rate }) => rate >= highest * LOWEST_SHARE);
  const lowest = Math.min(...values.map(({ rate }) => rate));
  return {
    title: 'learning rate',
    width: size.plotWidth,
    height: size.isNarrow ? 80 : 100,
    data: { values },
    mark: { type: 'line', color: 'var(--second)', strokeWidth: 1.8, strokeJoin: 'round' },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        scale: { domain: [0, plan.epochs], nice: false },
        title: 'epoch',
        axis: { values: epochTicks(plan, size), format: 'd' },
      },
      y: {
        field: 'rate',
        type: 'quantitative',
        title: null,
        scale: { type: 'log', domain: [lowest / 1.3, highest * 1.3], nice: false },
        axis: {
          values: decadeTicks(lowest, highest),
          format: '~g',
          minExtent: AXIS_EXTENT,
          maxExtent: AXIS_EXTENT,
        },
      },
    },
  };
}

/** Learning rates close enough together that ramps look smooth, and on both sides of every jump. */
function learningRateTrace(plan: Plan): { readonly epoch: number; readonly rate: number }[] {
  const even = Array.from({ length: TRACE_POINTS + 1 }, (_, i) => (i * plan.epochs) / TRACE_POINTS);
  const borders = plan.learningRateSchedule.borders.flatMap((epoch) => [epoch - 1e-6, epoch]);
  return [...even, ...borders]
    .map((epoch) => Math.min(Math.max(epoch, 0), plan.epochs - 1e-6))
    .toSorted((a, b) => a - b)
    .map((epoch) => ({ epoch, rate: learningRateAt(plan.learningRateSchedule, epoch) }));
}

/** Phase borders, as far as their numbers do not run into each other. */
function epochTicks(plan: Plan, size: ChartSize): number[] {
  const epochsPerTick = (TICK_WIDTH * plan.epochs) / size.plotWidth;
  const ticks: number[] = [0];
  for (const { endEpoch } of plan.phases) {
    if (endEpoch - (ticks.at(-1) ?? 0) >= epochsPerTick) {
      ticks.push(endEpoch);
    }
  }
  return ticks;
}

/** Powers of ten inside the range, or its ends when there is none. */
function decadeTicks(low: number, high: number): number[] {
  const decades: number[] = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power += 1) {
    decades.push(Number(compact(10 ** power)));
  }
  return decades.length > 0 ? decades : [...new Set([low, high])];
}
