/** Speed by phase: clips per second, and the share of step time spent waiting for clips, one bar per phase. */
import type { PhaseResult } from '../../run-folder/events.ts';
import { percent, quantity } from '../format.ts';
import type { Chart, Layer, Panel } from './draw.ts';
import { shapeLabel } from './time-axis.ts';

/** The share of waiting that a run should stay under. */
export const DATA_WAIT_AIM = 0.05;

const ROW_HEIGHT = 20;

interface Row {
  readonly phase: string;
  readonly clipsPerSecond: number;
  readonly clipsText: string;
  readonly wait: number;
  readonly waitText: string;
}

export function ratesChart(phases: readonly PhaseResult[]): Chart {
  const rows = phases.map((phase) => ({
    phase: `${phase.index + 1} · ${shapeLabel(phase)}`,
    clipsPerSecond: phase.clipsPerSecond,
    clipsText: quantity(phase.clipsPerSecond),
    wait: phase.dataWaitRatio,
    waitText: percent(phase.dataWaitRatio),
  }));
  return {
    label: 'Clips per second and share of time spent waiting for data, by phase',
    draw({ plotWidth, isNarrow }) {
      const width = isNarrow ? plotWidth - 50 : plotWidth / 2 - 62;
      const panels = [clipsPanel(rows, width), waitPanel(rows, width)];
      return isNarrow ? { spacing: 18, vconcat: panels } : { spacing: 36, hconcat: panels };
    },
  };
}

function clipsPanel(rows: readonly Row[], width: number): Panel {
  const longest = Math.max(...rows.map((row) => row.clipsPerSecond));
  return {
    title: 'clips per second',
    ...frame(rows, width),
    layer: bars(rows, {
      field: 'clipsPerSecond',
      text: 'clipsText',
      format: '~s',
      domainEnd: longest * 1.14,
    }),
  };
}

function waitPanel(rows: readonly Row[], width: number): Panel {
  const longest = Math.max(DATA_WAIT_AIM, ...rows.map((row) => row.wait));
  const aim: Layer = {
    data: { values: [{ aim: DATA_WAIT_AIM }] },
    mark: { type: 'rule', color: 'var(--warn)', strokeDash: [3, 3] },
    encoding: { x: { field: 'aim', type: 'quantitative' } },
  };
  return {
    title: 'waiting for data, share of step time (aim: under 5 %)',
    ...frame(rows, width),
    layer: [...bars(rows, { field: 'wait', text: 'waitText', format: '.0%', domainEnd: longest * 1.2 }), aim],
  };
}

function frame(
  rows: readonly Row[],
  width: number,
): { data: { values: Row[] }; width: number; height: number } {
  return { data: { values: [...rows] }, width, height: rows.length * ROW_HEIGHT };
}

function bars(
  rows: readonly Row[],
  bar: { readonly field: string; readonly text: string; readonly format: string; readonly domainEnd: number },
): Layer[] {
  const x = {
    field: bar.field,
    stack: null,
    type: 'quantitative' as const,
    title: null,
    axis: { format: bar.format, tickCount: 4 },
    scale: { domain: [0, bar.domainEnd], nice: false },
  };
  const y = {
    field: 'phase',
    type: 'nominal' as const,
    sort: rows.map((row) => row.phase),
    title: null,
    axis: { ticks: false },
  };
  return [
    {
      mark: { type: 'bar', color: 'var(--accent)', cornerRadiusEnd: 2, height: { band: 0.66 } },
      encoding: { x, y },
    },
    {
      mark: { type: 'text', align: 'left', dx: 5, fontSize: 10.5, color: 'var(--ink)' },
      encoding: { x, y, text: { field: bar.text, type: 'nominal' } },
    },
  ];
}
