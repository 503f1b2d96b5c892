import { expect, test } from '@jest/globals';
import { sampleRun } from '../../../test/support/sample-run.ts';
import { phaseSpans, timeAxisOf, timeUnitFor } from './time-axis.ts';

const { plan, events, result } = sampleRun();

test('reads in seconds, minutes or hours, as the run is long', () => {
  expect([80, 299, 300, 3 * 3600 - 1, 3 * 3600, 1e6].map((span) => timeUnitFor(span).name)).toEqual([
    'seconds',
    'seconds',
    'minutes',
    'minutes',
    'hours',
    'hours',
  ]);
});

test('ends with training, not with the final test', () => {
  expect(timeAxisOf(events).end).toBeCloseTo(result.seconds, 9);
});

test('lets the phases follow each other without a gap and leaves out labels that do not fit', () => {
  const axis = timeAxisOf(events);
  const wide = phaseSpans(plan.phases, events, axis, 900);
  expect(wide.map((span) => span.start)).toEqual([0, ...wide.slice(0, -1).map((span) => span.end)]);
  expect(wide[0]?.label).toBe('4×45²');
  const narrow = phaseSpans(plan.phases, events, axis, 200);
  const labelled = narrow.filter((span) => span.label !== '');
  expect(labelled.length).toBeLessThan(wide.filter((span) => span.label !== '').length);
  for (const span of labelled) {
    expect(((span.end - span.start) / axis.end) * 200).toBeGreaterThan(span.label.length * 5);
  }
});

test('shows only phases that have begun', () => {
  const begun = events.filter((event) => event.kind === 'step' && event.phase < 2);
  expect(phaseSpans(plan.phases, begun, timeAxisOf(begun), 900).map((span) => span.phase)).toEqual([0, 1]);
});
