/**
 * How the workers of a step fared: who was waited for, and for how long. In: what each of them measured, by rank. Out: a few numbers
 * for the log of metrics, of no more workers than a line has room for. Pure. All begin a step together, so a worker has waited for
 * as long as the slowest took longer than it did.
 */
import type { WorkersOfStep } from '../../run-folder/events.ts';
import type { Measured } from './measured.ts';

/** More of them are not listed one by one. */
const MOST_LISTED = 16;
const PER_MS = 10;

/** @returns undefined for one worker */
export function workersOfStep(
  measured: readonly Pick<Measured, 'dataWaitMs' | 'computeMs'>[],
): WorkersOfStep | undefined {
  if (measured.length === 1) {
    return undefined;
  }
  const busyMs = measured.map(({ dataWaitMs, computeMs }) => dataWaitMs + computeMs);
  const longestMs = Math.max(...busyMs);
  const summary = {
    count: measured.length,
    slowest: busyMs.indexOf(longestMs),
    longestWaitMs: rounded(longestMs - Math.min(...busyMs)),
  };
  return measured.length > MOST_LISTED
    ? summary
    : {
        ...summary,
        dataWaitMs: measured.map(({ dataWaitMs }) => rounded(dataWaitMs)),
        waitMs: busyMs.map((own) => rounded(longestMs - own)),
      };
}

function rounded(ms: number): number {
  return Math.round(ms * PER_MS) / PER_MS;
}
