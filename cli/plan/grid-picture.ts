/**
 * A small picture of the schedule for the terminal: one row for each shape of the long cycle, coarse on top, time to the
 * right, a bar where the shape trains. The saw teeth of the method show at a glance. Pure.
 */
import type { Phase, Plan } from '../../multigrid/plan/types.ts';

const BAR = '█';
const EMPTY = '·';
/** Widest that is still one glance. */
const MAX_WIDTH = 72;
const MIN_WIDTH = 12;

/**
 * The picture, every line ended; empty for a plan without epochs.
 *
 * @param columns characters that fit into a line
 */
export function gridPicture({ phases, epochs }: Pick<Plan, 'phases' | 'epochs'>, columns: number): string {
  if (epochs === 0) {
    return '';
  }
  const labels = [...new Set(phases.map(shapeLabel))];
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, epochs * 2, columns - labelWidth - 2));
  const rows = labels.map((label) => {
    const bars = Array.from({ length: width }, (_, column) =>
      phases.some((phase) => shapeLabel(phase) === label && covers(phase, column, width, epochs))
        ? BAR
        : EMPTY,
    );
    return `${label.padStart(labelWidth)}  ${bars.join('')}\n`;
  });
  const axis = `${' '.repeat(labelWidth)}  0${`${epochs} epochs`.padStart(width - 1)}\n`;
  return [...rows, axis].join('');
}

function shapeLabel({ batchFactor, frames, cropSize }: Phase): string {
  return `${batchFactor} x ${frames} x ${cropSize}`;
}

/** Whether the phase trains in the middle of a column's time, or would not be seen at all otherwise. */
function covers({ startEpoch, endEpoch }: Phase, column: number, width: number, epochs: number): boolean {
  const start = Math.floor((startEpoch / epochs) * width);
  const end = Math.max(start + 1, Math.floor((endEpoch / epochs) * width));
  return column >= start && column < end;
}
