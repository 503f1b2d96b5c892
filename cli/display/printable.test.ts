import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CollectingIo } from '../../test/support/collecting-io.ts';
import { makeStoredJob } from '../../test/support/run/jobs.ts';
import { runProgram } from '../program.ts';
import { printable, printableJob } from './printable.ts';

describe('printable text', () => {
  test('keeps what people write, in any script, with its tabs and lines', () => {
    for (const text of ['top-1 98.4 %\n\tvidéo ビデオ 🎬', 'a\nb\n']) {
      expect(printable(text)).toBe(text);
    }
    expect(printable('one\r\ntwo\r\n')).toBe('one\ntwo\n');
  });

  test.each([
    ['a title of the window', '\u001B]0;owned\u0007'],
    ['a cleared screen', '\u001B[2J\u001B[H'],
    ['a line drawn over', 'failed\rpassed'],
    ['a control of one byte', '\u009B31m'],
    ['a name read backwards', 'clip\u202E4pm.exe'],
  ])('shows %s as what it is', (_what, text) => {
    expect(printable(text)).toContain('\u{FFFD}');
    expect(printable(text)).not.toMatch(/[\p{Cc}\u202E]/u);
  });

  test('has no control characters, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(printable(text)).not.toMatch(/(?![\t\n])[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
      }),
    );
  });
});

test('a job says nothing but text, wherever the text stands', () => {
  const job = makeStoredJob('first');
  const message = 'the trainer said \u001B[8mnothing';
  const failed = { ...job, status: { lastFailure: { reason: 'TrainerFailed', message } } };
  const shown = JSON.stringify(printableJob(failed));
  expect(shown).toContain('the trainer said \u{FFFD}[8mnothing');
  expect(printableJob(job)).toEqual(job);
});

test('no command prints the control characters that it was given', async () => {
  const io = new CollectingIo();
  await runProgram(['plan', '-f', 'none\u001B[2J.yaml'], io, '1.0.0');
  expect(io.err + io.out).toContain('none\u{FFFD}[2J.yaml');
});
