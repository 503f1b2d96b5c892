/**
 * The line above the bars of the schedule picture: what their height is and what their colours are. Drawn here and not
 * by the chart library's legend, which needs clip paths whose numbers change from one drawing to the next.
 */
import type { ChartSize, Panel } from './draw.ts';
import { rampStep } from './theme.ts';

const HEIGHT = 14;
const SQUARE = 110;
/** Space a swatch takes with the gap before and after it, pixels. */
const SWATCH_WIDTH = 26;
const CHARACTER_WIDTH = 7;

/** @param crops Sizes in the order of the colour ramp. */
export function keyPanel(crops: readonly number[], size: ChartSize): Panel {
  const widths = crops.map((crop) => SWATCH_WIDTH + String(crop).length * CHARACTER_WIDTH);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const entries = crops.map((crop, i) => {
    const before = widths.slice(0, i).reduce((sum, width) => sum + width, 0);
    const x = size.plotWidth - total + before + SWATCH_WIDTH - 6;
    return { crop, x, textX: x + 9, fill: rampStep(i, crops.length).fill };
  });
  const unscaled = { type: 'quantitative', scale: null, axis: null } as const;
  const middle = HEIGHT / 2;
  return {
    width: size.plotWidth,
    height: HEIGHT,
    data: { values: entries },
    layer: [
      {
        data: { values: [{ text: 'clips per step' }] },
        mark: {
          type: 'text',
          x: 0,
          y: middle,
          align: 'left',
          fontSize: 12,
          fontWeight: 600,
          color: 'var(--ink)',
        },
        encoding: { text: { field: 'text', type: 'nominal' } },
      },
      {
        data: { values: [{ text: size.isNarrow ? 'crop' : 'trained on crops of' }] },
        mark: { type: 'text', x: size.plotWidth - total + 4, y: middle, align: 'right' },
        encoding: { text: { field: 'text', type: 'nominal' } },
      },
      {
        mark: { type: 'square', size: SQUARE, y: middle, opacity: 1 },
        encoding: {
          x: { field: 'x', ...unscaled },
          color: { field: 'fill', type: 'nominal', scale: null },
        },
      },
      {
        mark: { type: 'text', y: middle, align: 'left' },
        encoding: { x: { field: 'textX', ...unscaled }, text: { field: 'crop', type: 'quantitative' } },
      },
    ],
  };
}
