/** One row of the schedule picture: a cell per phase, its number in it, its strength on the coarse-to-fine ramp. */
import type { Phase, Plan } from '../../../multigrid/plan/types.ts';
import { type ChartSize, type Panel } from './draw.ts';
import { rampStep } from './theme.ts';

const CHARACTER_WIDTH = 6.6;
const HEIGHT = 22;

/** @param valueOf The number a phase shows in this row. */
export function stripPanel(
  name: string,
  plan: Plan,
  size: ChartSize,
  valueOf: (phase: Phase) => number,
): Panel {
  const order = [...new Set(plan.phases.map(valueOf))].toSorted((a, b) => a - b);
  const gap = (1.5 * plan.epochs) / size.plotWidth;
  const values = plan.phases.map((phase) => {
    const value = valueOf(phase);
    const room = ((phase.endEpoch - phase.startEpoch) * size.plotWidth) / plan.epochs;
    return {
      start: phase.startEpoch,
      end: phase.endEpoch - gap,
      middle: (phase.startEpoch + phase.endEpoch - gap) / 2,
      value,
      text: String(value).length * CHARACTER_WIDTH < room ? String(value) : '',
    };
  });
  const scale = { domain: [0, plan.epochs], nice: false };
  const steps = order.map((_, rank) => rampStep(rank, order.length));
  return {
    width: size.plotWidth,
    height: HEIGHT,
    data: { values },
    layer: [
      {
        mark: { type: 'rect', cornerRadius: 2 },
        encoding: {
          x: { field: 'start', type: 'quantitative', scale, axis: null },
          x2: { field: 'end' },
          color: {
            field: 'value',
            type: 'ordinal',
            scale: { domain: order, range: steps.map((step) => step.fill) },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'text', fontSize: 11, fontWeight: 500 },
        encoding: {
          x: { field: 'middle', type: 'quantitative', scale, axis: null },
          text: { field: 'text', type: 'nominal' },
          color: {
            field: 'value',
            type: 'ordinal',
            scale: { domain: order, range: steps.map((step) => step.ink) },
            legend: null,
          },
        },
      },
      {
        data: { values: [{ name }] },
        mark: { type: 'text', x: -8, align: 'right', color: 'var(--muted)', fontSize: 10.5 },
        encoding: { text: { field: 'name', type: 'nominal' } },
      },
    ],
    resolve: { scale: { color: 'independent' } },
  };
}
