import { expect, test } from '@jest/globals';
import { sampleRun } from '../../test/support/sample-run.ts';
import { EventShapeError, parseRunEvent } from './event-shape.ts';

const { events } = sampleRun();

test('takes one event of every kind', () => {
  const kinds = ['step', 'evaluation', 'phase', 'checkpoint', 'badClip'];
  for (const kind of kinds) {
    const event = events.find((candidate) => candidate.kind === kind);
    expect(parseRunEvent(JSON.stringify(event))).toEqual(event);
  }
});

test.each([
  ['half a line', '{"kind":"step","secon', /not JSON/],
  ['a list', '[1]', /no known kind/],
  ['a kind of a later version', '{"kind":"sandwich"}', /no known kind \(step, /],
  ['a kind inherited from every object', '{"kind":"toString"}', /no known kind/],
  ['missing fields', '{"kind":"phase","seconds":1,"epoch":1}', /`phase` as a number, `iteration`/],
  [
    'text for a number',
    '{"kind":"badClip","seconds":"1","iteration":0,"path":"a","reason":"b"}',
    /`seconds`/,
  ],
])('refuses %s', (_name, line, message) => {
  expect(() => parseRunEvent(line)).toThrow(EventShapeError);
  expect(() => parseRunEvent(line)).toThrow(message);
});

test('refuses an evaluation at a place that does not exist', () => {
  const evaluation = events.find((event) => event.kind === 'evaluation');
  expect(() => parseRunEvent(JSON.stringify({ ...evaluation, at: 'moon' }))).toThrow(/phase, full or test/);
});
