/** The phases of a plan as columns of text, one phase a line: what `multigrid plan` prints first. Pure. */
import type { Phase, Plan } from '../../multigrid/plan/types.ts';

interface Column {
  readonly head: string;
  readonly side: 'left' | 'right';
  readonly cell: (phase: Phase) => string;
}

const COLUMNS: readonly Column[] = [
  { head: 'PHASE', side: 'right', cell: ({ index }) => String(index + 1) },
  { head: 'EPOCHS', side: 'left', cell: ({ startEpoch, endEpoch }) => `${startEpoch}-${endEpoch}` },
  { head: 'B', side: 'right', cell: ({ batchFactor }) => String(batchFactor) },
  { head: 'FRAMES', side: 'right', cell: ({ frames }) => String(frames) },
  { head: 'CROP', side: 'right', cell: ({ cropSize }) => String(cropSize) },
  { head: 'BATCH', side: 'right', cell: ({ globalBatch }) => String(globalBatch) },
  { head: '/WORKER', side: 'right', cell: ({ batchPerWorker }) => String(batchPerWorker) },
  { head: 'LR', side: 'left', cell: ({ learningRate }) => shortNumber(learningRate) },
  {
    head: 'STRIDE',
    side: 'left',
    cell: ({ stride: { min, max } }) => (min === max ? String(min) : `${min}-${max}`),
  },
  { head: 'GROUPS', side: 'left', cell: ({ normalization }) => groupsOf(normalization) },
  { head: 'SHORT CYCLE', side: 'left', cell: shortCycleOf },
  { head: 'ITERATIONS', side: 'right', cell: (phase) => String(iterationsOf(phase)) },
];

const GAP = '  ';

/** Head and one line for each phase, every line ended. */
export function phaseTable({ phases }: Pick<Plan, 'phases'>): string {
  const rows = [
    COLUMNS.map(({ head }) => head),
    ...phases.map((phase) => COLUMNS.map(({ cell }) => cell(phase))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0;
        return COLUMNS[column]?.side === 'right' ? cell.padStart(width) : cell.padEnd(width);
      });
      return `${cells.join(GAP).trimEnd()}\n`;
    })
    .join('');
}

/** A number with as many digits as tell it from its neighbours in a schedule. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function groupsOf({ kind, groups }: Phase['normalization']): string {
  return kind === 'sync' ? `1 over ${groups} workers` : String(groups);
}

function shortCycleOf({ shortCycle }: Phase): string {
  return shortCycle.map(({ globalBatch, cropSize }) => `${globalBatch}x${cropSize}`).join(' ');
}

function iterationsOf({ startEpoch, endEpoch, iterationsPerEpoch }: Phase): number {
  return (endEpoch - startEpoch) * iterationsPerEpoch;
}
