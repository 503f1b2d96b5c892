/** The phases of a plan as columns of text, one phase a line: what `multigrid plan` prints first. Pure. */
import { groupsOf } from '../../multigrid/plan/groups.ts';
import type { Phase, Plan } from '../../multigrid/plan/types.ts';
import { type Column, columnsText } from '../display/columns.ts';

const COLUMNS: readonly Column<Phase>[] = [
  { head: 'PHASE', side: 'right', cell: ({ index }) => String(index + 1) },
  { head: 'EPOCHS', side: 'left', cell: ({ startEpoch, endEpoch }) => `${startEpoch}-${endEpoch}` },
  { head: 'B', side: 'right', cell: ({ batchFactor }) => String(batchFactor) },
  { head: 'FRAMES', side: 'right', cell: ({ frames }) => String(frames) },
  { head: 'CROP', side: 'right', cell: ({ cropSize }) => String(cropSize) },
  { head: 'BATCH', side: 'right', cell: ({ globalBatch }) => String(globalBatch) },
  { head: 'LR', side: 'left', cell: ({ learningRate }) => shortNumber(learningRate) },
  {
    head: 'STRIDE',
    side: 'left',
    cell: ({ stride: { min, max } }) => (min === max ? String(min) : `${min}-${max}`),
  },
  { head: 'GROUPS', side: 'right', cell: (phase) => String(groupsOf(phase)) },
  { head: 'SHORT CYCLE', side: 'left', cell: shortCycleOf },
  { head: 'ITERATIONS', side: 'right', cell: (phase) => String(iterationsOf(phase)) },
];

/** Head and one line for each phase, every line ended. */
export function phaseTable({ phases }: Pick<Plan, 'phases'>): string {
  return columnsText(COLUMNS, phases);
}

/** A number with as many digits as tell it from its neighbours in a schedule. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function shortCycleOf({ shortCycle }: Phase): string {
  return shortCycle.map(({ globalBatch, cropSize }) => `${globalBatch}x${cropSize}`).join(' ');
}

function iterationsOf({ startEpoch, endEpoch, iterationsPerEpoch }: Phase): number {
  return (endEpoch - startEpoch) * iterationsPerEpoch;
}
