/** What charts over wall-clock share: encodings, dotted phase borders and, above the plot, the shapes of the phases. */
import { AXIS_EXTENT, type Encoding, type Layer } from './draw.ts';
import type { PhaseSpan, TimeAxis } from './time-axis.ts';

/** The x encoding of a field that holds a time in units of the axis. */
export function timeEncoding(field: string, axis: TimeAxis): { x: TimeField } {
  return {
    x: {
      field,
      type: 'quantitative',
      scale: { domain: [0, axis.end], nice: false },
      title: `${axis.unit.name} of training`,
      axis: { tickCount: 8 },
    },
  };
}

interface TimeField {
  field: string;
  type: 'quantitative';
  scale: { domain: number[]; nice: boolean };
  title: string;
  axis: { tickCount: number };
}

/** The y encoding of a share of right answers. */
export function scoreEncoding(): Pick<Encoding, 'y'> {
  const axis = { format: '.0%', tickCount: 5, minExtent: AXIS_EXTENT };
  return { y: { field: 'score', type: 'quantitative', title: null, scale: { domain: [0, 1] }, axis } };
}

/** The colour encoding of named lines; the page has the key. */
export function seriesEncoding(
  series: readonly { readonly name: string; readonly color: string }[],
): Pick<Encoding, 'color'> {
  const scale = { domain: series.map(({ name }) => name), range: series.map(({ color }) => color) };
  return { color: { field: 'series', type: 'nominal', scale, legend: null } };
}

/** Borders between phases and the shape of every phase wide enough for its label. */
export function phaseLayers(spans: readonly PhaseSpan[], axis: TimeAxis): Layer[] {
  const borders = spans.slice(1).map((span) => ({ at: span.start }));
  const labels = spans.map((span) => ({ at: (span.start + span.end) / 2, label: span.label }));
  return [
    {
      data: { values: borders },
      mark: { type: 'rule', color: 'var(--axis)', strokeDash: [2, 3] },
      encoding: timeEncoding('at', axis),
    },
    {
      data: { values: labels },
      mark: { type: 'text', y: -6, baseline: 'bottom', fontSize: 10.5, color: 'var(--muted)' },
      encoding: { ...timeEncoding('at', axis), text: { field: 'label', type: 'nominal' } },
    },
  ];
}
