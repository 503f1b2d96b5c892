import { describe, expect, test } from '@jest/globals';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { readLogTail } from './log-tail.ts';

describe('the end of a log', () => {
  test("is put into words: the logger's lines with their fields, all others as they are", async () => {
    const path = join(temporaryFolder(), 'trainer.log');
    const entry = {
      level: 'warn',
      message: 'clip replaced',
      timestamp: '2026',
      path: 'a b.mp4',
      tries: 2,
      stack: 'at …',
    };
    await writeFile(path, `${JSON.stringify(entry)}\n\nterminate called without an active exception\n`);
    expect(await readLogTail(path, 0)).toBe(
      'warn: clip replaced path=a b.mp4 tries=2\nterminate called without an active exception',
    );
  });

  test('holds nothing of the trainers before', async () => {
    const path = join(temporaryFolder(), 'trainer.log');
    const before = 'the line of an earlier trainer\n';
    await writeFile(path, before);
    expect(await readLogTail(path, before.length)).toBe('');
    await appendFile(path, 'the line of this one\n');
    expect(await readLogTail(path, before.length)).toBe('the line of this one');
  });

  test('is 24 whole lines at most, and no line is endless', async () => {
    const path = join(temporaryFolder(), 'trainer.log');
    const lines = Array.from({ length: 3000 }, (_, index) => `line ${index}`);
    await writeFile(path, `${lines.join('\n')}\n${'x'.repeat(1000)}\n`);
    const tail = (await readLogTail(path, 0)).split('\n');
    expect(tail.slice(0, -1)).toEqual(lines.slice(-23));
    expect(tail.at(-1)).toBe(`${'x'.repeat(400)}…`);
  });

  test('is empty when there is no log', async () => {
    const path = join(temporaryFolder(), 'trainer.log');
    expect(await readLogTail(path, 0)).toBe('');
  });
});
