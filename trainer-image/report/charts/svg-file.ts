/** A chart as a file of its own: the drawing with its colours and its title inside, light and dark as the viewer is. */
import { drawSvg, type Chart, type ChartSize } from './draw.ts';
import { DARK, declarations, LIGHT } from './theme.ts';

/** Text of an `.svg` file; `chart.label` must hold no markup. */
export async function drawSvgFile(chart: Chart, size: ChartSize): Promise<string> {
  const svg = await drawSvg(chart, size);
  const style = `svg { ${declarations(LIGHT)} } @media (prefers-color-scheme: dark) { svg { ${declarations(DARK)} } }`;
  return `${svg.replace('>', `><title>${chart.label}</title><style>${style}</style>`)}\n`;
}
