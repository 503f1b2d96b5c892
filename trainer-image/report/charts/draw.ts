/**
 * Turns a chart description (vega-lite) into SVG text, without a browser. The page puts the text into its HTML; a script
 * writes it to a file. Every chart is drawn twice, wide and narrow, and the page's style sheet shows the one that fits.
 */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { CHART_CONFIG } from './theme.ts';

/** A chart for any width: `draw` describes it; `label` says what it shows to those who cannot see it. */
export interface Chart {
  readonly label: string;
  /** What the colours of lines mean; the page shows it above the drawing, where it can wrap. */
  readonly key?: readonly KeyEntry[];
  draw(size: ChartSize): LayeredChart | StackedChart | SideBySideChart;
}

export interface KeyEntry {
  readonly name: string;
  /** A CSS colour, as in theme.ts. */
  readonly color: string;
}

/** Drawings laid over each other in one plot, and one of them. */
export type LayeredChart = Extract<TopLevelSpec, { readonly layer: unknown }>;
export type Layer = LayeredChart['layer'][number];
/** What the fields of a layer's data show. */
export type Encoding = NonNullable<Extract<Layer, { readonly mark: unknown }>['encoding']>;

/** Plots above each other, and one of them. */
export type StackedChart = Extract<TopLevelSpec, { readonly vconcat: unknown }>;
export type Panel = StackedChart['vconcat'][number];

/** Plots beside each other. */
export type SideBySideChart = Extract<TopLevelSpec, { readonly hconcat: unknown }>;

export interface ChartSize {
  /** Width of the plot without its left axis, pixels. */
  readonly plotWidth: number;
  readonly isNarrow: boolean;
}

/** Space left of every plot for its axis, so that plots above each other line up, pixels. */
export const AXIS_EXTENT = 44;

/** For desktop pages. */
export const WIDE: ChartSize = { plotWidth: 880, isNarrow: false };
/** For telephones. */
export const NARROW: ChartSize = { plotWidth: 290, isNarrow: true };

/** The drawing as one `<svg>` element whose colours are CSS variables of theme.ts. */
export async function drawSvg(chart: Chart, size: ChartSize): Promise<string> {
  const { spec } = compile(chart.draw(size), { config: CHART_CONFIG });
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
