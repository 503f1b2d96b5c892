/**
 * The grid schedule as a picture: over the epochs, how many clips a step trains on, of which shape, and at which
 * learning rate. The plan comes in; the run report, the comparison and scripts/draw-schedule.ts draw it.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import { AXIS_EXTENT, type Chart, type ChartSize, type Panel } from './draw.ts';
import { keyPanel } from './schedule-key.ts';
import { learningRatePanel } from './schedule-learning-rate.ts';
import { stripPanel } from './schedule-strip.ts';
import { shortCycleTeeth } from './schedule-teeth.ts';
import { rampStep } from './theme.ts';

export function scheduleChart(plan: Plan): Chart {
  const crops = cropsOf(plan);
  return {
    label:
      `The grid schedule: ${plan.phases.length} phases over ${plan.epochs} epochs, with clips per step, ` +
      'frames, crop size and learning rate of each',
    draw: (size) => ({
      spacing: 10,
      vconcat: [
        keyPanel(crops, size),
        clipsPanel(plan, crops, size),
        stripPanel('batch B', plan, size, (phase) => phase.globalBatch),
        stripPanel('frames T', plan, size, (phase) => phase.frames),
        stripPanel('crop S', plan, size, (phase) => phase.cropSize),
        learningRatePanel(plan, size),
      ],
    }),
  };
}

/** All crops there are steps on, ascending. */
function cropsOf(plan: Plan): readonly number[] {
  const crops = plan.phases.flatMap((phase) => phase.shortCycle.map((shape) => shape.cropSize));
  return [...new Set(crops)].toSorted((a, b) => a - b);
}

/** Bars as high as the batch; inside a phase the shapes of the short cycle stand side by side, again and again. */
function clipsPanel(plan: Plan, crops: readonly number[], size: ChartSize): Panel {
  return {
    width: size.plotWidth,
    height: size.isNarrow ? 130 : 170,
    data: { values: [...shortCycleTeeth(plan, size.plotWidth)] },
    mark: { type: 'rect' },
    encoding: {
      x: {
        field: 'start',
        type: 'quantitative',
        scale: { domain: [0, plan.epochs], nice: false },
        axis: null,
      },
      x2: { field: 'end' },
      y: {
        field: 'clips',
        type: 'quantitative',
        title: null,
        axis: { tickCount: 4, minExtent: AXIS_EXTENT, maxExtent: AXIS_EXTENT },
      },
      y2: { datum: 0 },
      color: {
        field: 'crop',
        type: 'ordinal',
        scale: { domain: [...crops], range: crops.map((_, rank) => rampStep(rank, crops.length).fill) },
        legend: null,
      },
    },
  };
}
