/** What gets into the log, and what does not get there twice. */
import { expect, test } from '@jest/globals';
import { inWords, withoutFlood, type Logger } from './logger.ts';

function collecting(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (message: string, fields: object = {}): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { lines, logger: { debug: write, info: write, warn: write, error: write } };
}

test('an error that repeats itself is written once a minute, with how often it came', () => {
  const { logger, lines } = collecting();
  let nowMs = 0;
  const quiet = withoutFlood(logger, () => nowMs);
  for (nowMs = 0; nowMs <= 120_000; nowMs += 1000) {
    quiet.error('the watch broke', { kind: 'pods' });
  }
  expect(lines).toEqual([
    'the watch broke {"kind":"pods"}',
    'the watch broke {"kind":"pods","repeated":59}',
    'the watch broke {"kind":"pods","repeated":59}',
  ]);
});

test('another job, or another message, is another line', () => {
  const { logger, lines } = collecting();
  const quiet = withoutFlood(logger, () => 0);
  quiet.error('failed', { job: 'a' });
  quiet.error('failed', { job: 'b' });
  quiet.warn('failed', { job: 'a' });
  quiet.error('failed', { job: 'a' });
  expect(lines).toHaveLength(3);
});

test('an error tells what caused it, once', () => {
  const cause = new Error('connection refused');
  expect(inWords(new Error('no answer', { cause }))).toBe('no answer: connection refused');
  expect(inWords(new Error('no answer: connection refused', { cause }))).toBe(
    'no answer: connection refused',
  );
  expect(inWords('just text')).toBe('just text');
});
