import { expect, test } from '@jest/globals';
import { REPORTS } from '../../../multigrid/contract/timings.ts';
import { isSeen, reportIntervalMs } from './report-interval.ts';

const seen = { isLeaseKept: true, isSeen: true };

test.each<[string, unknown, Partial<typeof seen>, number]>([
  ['within half a minute when there is something to see', {}, {}, REPORTS.intervalMs],
  [
    'the same where the deadline is long',
    { runPolicy: { progressDeadlineSeconds: 900 } },
    {},
    REPORTS.intervalMs,
  ],
  ['several times within a short deadline', { runPolicy: { progressDeadlineSeconds: 40 } }, {}, 10_000],
  ['once a minute while there is nothing to see', {}, { isSeen: false }, REPORTS.calmMs],
  ['as often as life has to show where there is no lease', {}, { isLeaseKept: false }, 8000],
  [
    'by whatever is least',
    { runPolicy: { progressDeadlineSeconds: 4 } },
    { isLeaseKept: false, isSeen: false },
    1000,
  ],
  ['by default where the spec is no object', null, {}, REPORTS.intervalMs],
])('reports come %s', (_how, spec, movement, wanted) => {
  expect(reportIntervalMs(spec, { ...seen, ...movement })).toBe(wanted);
});

test('the time left and the speed alone are no news', () => {
  const shown = { phase: '1/3', epoch: '0.1/3', progress: '4%', eta: '2h 1m', clipsPerSecond: '44' };
  expect(isSeen(shown, { ...shown, eta: '2h 0m', clipsPerSecond: '45' })).toBe(false);
  expect(isSeen(shown, { ...shown, progress: '5%' })).toBe(true);
  expect(isSeen(undefined, shown)).toBe(true);
  expect(isSeen(undefined, undefined)).toBe(false);
});
