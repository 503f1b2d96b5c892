import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { BadDataError } from '../data/bad-clips.ts';
import { FAILURE_REASONS, failureOf } from './failure-of.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');

describe('a failure', () => {
  test('by bad data is one that no restart helps', () => {
    const error = new BadDataError('no clip could be made', []);
    expect(failureOf(error)).toMatchObject({ reason: 'TooManyBadVideos', retryable: false, exitCode: 65 });
  });

  test('that nobody foresaw may be helped by a restart', () => {
    expect(failureOf('gone')).toEqual({
      reason: 'TrainerCrashed',
      retryable: true,
      exitCode: 70,
      message: 'gone',
    });
  });

  test('has a reason that the docs say what to do about', async () => {
    const docs = await readFile(join(DOCS, 'operator.md'), 'utf8');
    const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
    expect(FAILURE_REASONS.filter((reason) => !rows.some((row) => row.includes(`\`${reason}\``)))).toEqual(
      [],
    );
  });
});
