/**
 * One job as a block of lines: the run's own live view, the phases of its plan and where it stands in them, and why it
 * is as it is. In comes the job object, out come lines; the live one keeps to what fits a screen. Pure; shown by
 * status.ts.
 */
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { isFinished } from '../../multigrid/object/job-object.ts';
import type { Phase } from '../../multigrid/plan/types.ts';
import { type Column, columnsText } from '../display/columns.ts';
import { type Paint, runView } from '../display/run-view.ts';
import { shortNumber } from '../plan/phase-table.ts';

/** Phases shown around the present one while the view is drawn over itself. */
const LIVE_PHASES = 5;
const LIVE_LOG_LINES = 3;
const INDENT = '  ';

/** @param isLive - drawn over itself: a window of the phases, the last lines of a failure, and no line too long */
export function jobView(job: StoredJob, columns: number, paint: Paint, isLive: boolean): readonly string[] {
  const blocks = [
    runView(job, columns, paint),
    phaseLines(job, isLive ? LIVE_PHASES : null, paint),
    conditionLines(job),
    failureLines(job, isLive),
  ];
  const lines = blocks.filter((block) => block.length > 0).flatMap((block) => ['', ...block]);
  const shown = lines.slice(1);
  return isLive ? shown.map((line) => cut(line, columns)) : shown;
}

function phaseLines(job: StoredJob, window: number | null, paint: Paint): readonly string[] {
  const { plan, progress } = job.status ?? {};
  if (plan === undefined) {
    return [];
  }
  const isOver = isFinished(job) && progress?.state === 'Finished';
  const present = isOver ? plan.phases.length : (progress?.phase ?? 0);
  const columns: readonly Column<Phase>[] = [
    { head: 'PHASE', side: 'right', cell: ({ index }) => String(index + 1) },
    {
      head: 'SHAPE',
      side: 'left',
      cell: ({ batchFactor, frames, cropSize }) => `${batchFactor}x${frames}x${cropSize}`,
    },
    { head: 'BATCH', side: 'right', cell: ({ globalBatch }) => String(globalBatch) },
    { head: 'LR', side: 'left', cell: ({ learningRate }) => shortNumber(learningRate) },
    { head: 'EPOCHS', side: 'left', cell: ({ startEpoch, endEpoch }) => `${startEpoch}-${endEpoch}` },
    { head: '', side: 'left', cell: ({ index }) => placeOf(index, present, progress !== undefined) },
  ];
  const first = window === null ? 0 : firstOf(window, present, plan.phases.length);
  const [head = '', ...rows] = linesOf(
    columnsText(columns, plan.phases.slice(first, window === null ? undefined : first + window)),
  );
  return [
    paint.weak(head),
    ...rows.map((row, index) => (first + index === present ? paint.good(row) : row)),
  ].map((line) => `${INDENT}${line}`);
}

function placeOf(index: number, present: number, hasBegun: boolean): string {
  if (index < present) {
    return 'done';
  }
  return index === present && hasBegun ? 'now' : '';
}

function firstOf(window: number, present: number, phases: number): number {
  return Math.max(0, Math.min(present - Math.floor(window / 2), phases - window));
}

function conditionLines({ status }: StoredJob): readonly string[] {
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) {
    return [
      `${INDENT}no operator has reconciled this job yet; \`multigrid doctor\` says whether one is there`,
    ];
  }
  const table = columnsText(
    [
      { head: 'CONDITION', side: 'left', cell: ({ type }) => type },
      { head: 'STATUS', side: 'left', cell: (condition) => condition.status },
      { head: 'REASON', side: 'left', cell: ({ reason }) => reason },
      { head: 'MESSAGE', side: 'left', cell: ({ message }) => message.split('\n')[0] ?? '' },
    ],
    conditions,
  );
  return linesOf(table).map((line) => `${INDENT}${line}`);
}

function failureLines({ status }: StoredJob, isLive: boolean): readonly string[] {
  const { lastFailure } = status ?? {};
  if (lastFailure === undefined) {
    return [];
  }
  const { pod, exitCode, reason, message = '', time } = lastFailure;
  const head = [
    `last failure${time === undefined ? '' : ` at ${time}`}:`,
    reason,
    pod === undefined ? undefined : `in ${pod}`,
    exitCode === undefined ? undefined : `exit code ${exitCode}`,
  ];
  const log = message.split('\n').filter((line) => line.trim() !== '');
  return [
    `${INDENT}${head.filter((part) => part !== undefined).join(' ')}`,
    ...(isLive ? log.slice(-LIVE_LOG_LINES) : log).map((line) => `${INDENT}${INDENT}${line}`),
  ];
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').slice(0, -1);
}

/** Colour codes take no place; a painted line is left whole, since its text is short. */
function cut(line: string, columns: number): string {
  return line.length <= columns || line.includes('\u001b') ? line : `${line.slice(0, columns - 1)}…`;
}
