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
  ['every other minute while there is nothing to see', {}, { isSeen: false }, REPORTS.calmMs],
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

const columns = { phase: '1/3', epoch: '0/3', progress: '4%' };
const unplanned = { etaSeconds: 7200, clipsPerSecond: 44, learningRate: 0.1 };
const shown = { ...unplanned, summary: columns };

test.each<[string, Partial<typeof shown>, boolean]>([
  ['nothing', {}, false],
  ['a percent', { summary: { ...columns, progress: '5%' } }, true],
  ['a minute of two hours', { etaSeconds: 7140 }, false],
  ['half an hour of two hours', { etaSeconds: 5400 }, true],
  ['a speed that jitters', { clipsPerSecond: 42 }, false],
  ['half of the speed', { clipsPerSecond: 22 }, true],
  ['a learning rate that creeps', { learningRate: 0.098 }, false],
  ['a learning rate that falls', { learningRate: 0.09 }, true],
])('of %s a person is told, or need not be', (_what, moved, wanted) => {
  expect(isSeen(shown, { ...shown, ...moved })).toBe(wanted);
});

test('towards the end half a minute counts', () => {
  expect(isSeen({ ...shown, etaSeconds: 90 }, { ...shown, etaSeconds: 70 })).toBe(false);
  expect(isSeen({ ...shown, etaSeconds: 90 }, { ...shown, etaSeconds: 55 })).toBe(true);
});

test('the first plan is seen, and no plan is not', () => {
  expect(isSeen(unplanned, shown)).toBe(true);
  expect(isSeen(unplanned, unplanned)).toBe(false);
});
