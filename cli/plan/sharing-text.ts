/**
 * How a plan is shared out among workers, in words and columns: one number of workers phase by phase, several of them in a
 * line each. In: what the scaling model says. Out: text. Pure.
 */
import type { PhaseScaling, PlanScaling } from '../../multigrid/sharing/scaling.ts';
import { type Column, columnsText } from '../display/columns.ts';
import { percent } from '../display/words.ts';

const PHASE_COLUMNS: readonly Column<PhaseScaling>[] = [
  { head: 'PHASE', side: 'right', cell: ({ phase }) => String(phase + 1) },
  { head: 'BATCH', side: 'right', cell: ({ globalBatch }) => String(globalBatch) },
  { head: 'GROUPS', side: 'right', cell: ({ groups }) => String(groups) },
  { head: 'CLIPS OF RANKS', side: 'left', cell: sharesOf },
  { head: 'GROUP OVER', side: 'left', cell: ({ workersPerGroup }) => spanOf(workersPerGroup) },
  { head: 'IDLE', side: 'right', cell: ({ idle }) => partInWords(idle) },
  { head: 'ALL-REDUCED', side: 'right', cell: ({ allReduced }) => bytesOf(allReduced) },
  { head: 'COMPUTE', side: 'right', cell: ({ seconds }) => milliseconds(seconds.compute) },
  { head: 'LINK', side: 'right', cell: ({ seconds }) => milliseconds(seconds.link) },
  { head: 'EFFICIENCY', side: 'right', cell: ({ efficiency }) => partInWords(efficiency) },
];

const WORKER_COLUMNS: readonly Column<PlanScaling>[] = [
  { head: 'WORKERS', side: 'right', cell: ({ workers }) => String(workers) },
  { head: 'IDLE', side: 'right', cell: ({ idle }) => partInWords(idle) },
  { head: 'GROUPS SPAN WORKERS IN', side: 'left', cell: spanningPhases },
  { head: 'EFFICIENCY', side: 'right', cell: ({ efficiency }) => partInWords(efficiency) },
  { head: 'SPEED-UP', side: 'right', cell: speedUp },
];

const UNKNOWN = '?';

/** A paragraph for one number of workers with its phases, or for several with a line each. */
export function sharingText(scalings: readonly PlanScaling[]): string {
  const [first, ...others] = scalings;
  if (first === undefined) {
    return '';
  }
  if (others.length > 0) {
    return columnsText(known(WORKER_COLUMNS, scalings), scalings);
  }
  const { workers, idle, efficiency } = first;
  const predicted =
    efficiency === null
      ? ''
      : `, predicted efficiency ${partInWords(efficiency)}, ${speedUp(first)} times one worker`;
  return `${columnsText(known(PHASE_COLUMNS, first.phases), first.phases)}${workers} ${workers === 1 ? 'worker' : 'workers'}: idle ${partInWords(idle)}${predicted}\n`;
}

/** Without the columns of which nothing is known. */
function known<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly Column<Row>[] {
  return columns.filter(({ cell }) => rows.some((row) => cell(row) !== UNKNOWN));
}

function sharesOf({ shares }: PhaseScaling): string {
  return shares
    .map(({ first, last, clips }) => `${first === last ? first : `${first}-${last}`}: ${clips}`)
    .join(', ');
}

function spanOf(workers: number): string {
  return workers === 1 ? '-' : `${workers} workers`;
}

function spanningPhases({ phases }: PlanScaling): string {
  const spanning = phases.filter(({ workersPerGroup }) => workersPerGroup > 1);
  return spanning.length === 0 ? '-' : `${spanning.length} of ${phases.length} phases`;
}

function bytesOf(allReduced: PhaseScaling['allReduced']): string {
  return allReduced === null
    ? UNKNOWN
    : `${((allReduced.gradientBytes + allReduced.statisticsBytes) / 1e6).toFixed(1)} MB`;
}

function milliseconds(seconds: number | null): string {
  return seconds === null ? UNKNOWN : `${(seconds * 1000).toPrecision(3)} ms`;
}

function partInWords(part: number | null): string {
  return part === null ? UNKNOWN : percent(part, 1);
}

function speedUp({ workers, efficiency }: PlanScaling): string {
  return efficiency === null ? UNKNOWN : (workers * efficiency).toFixed(1);
}
