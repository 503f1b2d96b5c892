/**
 * The colours and type of every chart. A chart names CSS variables instead of colours, so one drawing serves light and
 * dark pages; the values stand here once, for the report's style sheet and for SVG files that stand alone.
 */
import type { Config } from 'vega-lite';

/** CSS variables by name; each has a value for light and for dark surroundings. */
type Palette = Readonly<Record<`--${string}`, string>>;

export const LIGHT: Palette = {
  '--page': '#f5f6f8',
  '--surface': '#ffffff',
  '--ink': '#1a2028',
  '--muted': '#5a6673',
  '--axis': '#b8c0c9',
  '--grid': '#e6e9ed',
  '--accent': '#1f5fbf',
  '--accent-soft': '#c9dcf6',
  '--second': '#b9540b',
  '--third': '#6b7785',
  '--warn': '#b3261e',
  '--step-1': '#d3e3f6',
  '--step-2': '#b4d0f0',
  '--step-3': '#84b0e3',
  '--step-4': '#4a86cf',
  '--step-5': '#1f5fbf',
  '--on-step-1': '#1a2028',
  '--on-step-2': '#1a2028',
  '--on-step-3': '#1a2028',
  '--on-step-4': '#ffffff',
  '--on-step-5': '#ffffff',
};

export const DARK: Palette = {
  '--page': '#0f1318',
  '--surface': '#181d24',
  '--ink': '#e6e9ee',
  '--muted': '#9aa5b1',
  '--axis': '#4a5460',
  '--grid': '#2a313a',
  '--accent': '#6ea6f5',
  '--accent-soft': '#28456d',
  '--second': '#f2a25c',
  '--third': '#8b96a3',
  '--warn': '#ff8a80',
  '--step-1': '#24405f',
  '--step-2': '#2c5688',
  '--step-3': '#3a70b5',
  '--step-4': '#5f99e3',
  '--step-5': '#9cc5fd',
  '--on-step-1': '#e6e9ee',
  '--on-step-2': '#e6e9ee',
  '--on-step-3': '#ffffff',
  '--on-step-4': '#0f1318',
  '--on-step-5': '#0f1318',
};

const STEPS = 5;

/** `--a: #fff; --b: …`, to stand inside a rule. */
export function declarations(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, value]) => `${name}: ${value};`)
    .join(' ');
}

/**
 * The colour of one size on the coarse-to-fine ramp: pale is coarse, full is fine.
 *
 * @param rank 0 for the coarsest of `count` sizes.
 */
export function rampStep(rank: number, count: number): { readonly fill: string; readonly ink: string } {
  const step = count <= 1 ? STEPS : 1 + Math.round((rank * (STEPS - 1)) / (count - 1));
  return { fill: `var(--step-${step})`, ink: `var(--on-step-${step})` };
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** What all charts share: quiet axes, no frame, left-aligned titles in place of turned axis titles. */
export const CHART_CONFIG: Config = {
  // The page describes every drawing as a whole; descriptions of each bar would only be noise.
  aria: false,
  font: FONT,
  background: 'transparent',
  padding: 2,
  view: { stroke: null },
  axis: {
    labelColor: 'var(--muted)',
    titleColor: 'var(--muted)',
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    domainColor: 'var(--axis)',
    tickColor: 'var(--axis)',
    gridColor: 'var(--grid)',
    tickSize: 4,
    labelPadding: 4,
  },
  axisY: { domain: false, ticks: false, titleAngle: 0, titleAlign: 'left', titleAnchor: 'end' },
  axisX: { grid: false },
  title: {
    anchor: 'start',
    frame: 'group',
    color: 'var(--ink)',
    fontSize: 12,
    fontWeight: 600,
    offset: 8,
  },
  text: { color: 'var(--muted)', fontSize: 11 },
};
