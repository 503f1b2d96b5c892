import { rename, readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { Patience, StorageUnavailableError } from './patience.ts';
import { DiskError } from './trouble.ts';

const FILE = { doing: 'reading', path: '/data/v.mp4' };
const LONGEST_MS = 12_500;

/** A patience whose pauses take no time but move its clock, and what it said. */
function patient(random = 0.5): {
  readonly patience: Patience;
  readonly pauses: number[];
  readonly said: (string | null)[];
} {
  const pauses: number[] = [];
  const said: (string | null)[] = [];
  let nowMs = 0;
  const patience = new Patience({
    sleep: (ms, signal) => {
      if (ms === 30_000) {
        return new Promise(() => undefined);
      }
      pauses.push(ms);
      nowMs += ms;
      return signal?.aborted === true ? Promise.reject(new Error('aborted')) : Promise.resolve();
    },
    monotonicNow: () => nowMs,
    random: () => random,
  });
  patience.listen((outage) => said.push(outage?.message ?? null));
  return { patience, pauses, said };
}

function failing(times: number, code: string): () => number {
  let tries = 0;
  return () => {
    tries += 1;
    if (tries <= times) {
      throw new DiskError(code, `${code}: no`);
    }
    return tries;
  };
}

describe('Patience', () => {
  test('does once what works, and says nothing', async () => {
    const { patience, pauses, said } = patient();
    expect(await patience.with(FILE, failing(0, ''))).toBe(1);
    expect([pauses, said]).toEqual([[], []]);
  });

  test('tries for hours, in growing pauses of at most ten seconds and a quarter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (times, random) => {
          const { patience, pauses, said } = patient(random);
          expect(await patience.with(FILE, failing(times, 'ESTALE'))).toBe(times + 1);
          expect(pauses).toHaveLength(times);
          expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
          expect(pauses.at(-1)).toBeLessThanOrEqual(LONGEST_MS);
          expect(said.length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('says what it waits for when it takes longer than a moment, once, and that it is over', async () => {
    const { patience, said } = patient();
    await patience.with(FILE, failing(2, 'EIO'));
    expect(said).toEqual([]);
    await patience.with(FILE, failing(20, 'EIO'));
    expect(said).toEqual(['reading /data/v.mp4 fails: EIO: no; retrying until the disk responds', null]);
  });

  test.each(['ENOSPC', 'EROFS', 'EACCES', 'EDQUOT', 'EPERM', 'EISDIR'])(
    'does not try %s again',
    async (code) => {
      const { patience, pauses } = patient();
      await expect(patience.with(FILE, failing(1, code))).rejects.toThrow(DiskError);
      expect(pauses).toEqual([]);
    },
  );

  test('gives up when its own time is over', async () => {
    const { patience } = patient();
    const work = { ...FILE, limitMs: 60_000 };
    await expect(patience.with(work, failing(1000, 'EIO'))).rejects.toThrow(StorageUnavailableError);
  });

  test('ends with the reason of the signal, also in the middle of a pause', async () => {
    const patience = new Patience({
      sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
      monotonicNow: () => performance.now(),
      random: Math.random,
    });
    const abort = new AbortController();
    const waiting = patience.with(FILE, failing(1000, 'EIO'), abort.signal);
    const reason = new Error('enough');
    setImmediate(() => {
      abort.abort(reason);
    });
    await expect(waiting).rejects.toBe(reason);
  });

  test('waits for a folder that has vanished, not for a file that is missing', async () => {
    const root = temporaryFolder();
    const path = join(root, 'data/list.csv');
    await mkdir(join(root, 'data'));
    await writeFile(path, 'text');
    const { patience, pauses } = patient();
    const read = { doing: 'reading', path };
    await patience.with(read, () => readFile(path));
    await rename(join(root, 'data'), join(root, 'away'));
    let tries = 0;
    const text = await patience.with(read, async () => {
      tries += 1;
      if (tries === 4) {
        await rename(join(root, 'away'), join(root, 'data'));
      }
      return readFile(path, 'utf8');
    });
    expect([text, pauses.length]).toEqual(['text', 3]);
    await expect(
      patience.with({ ...read, path: join(root, 'data/none.csv') }, () =>
        readFile(join(root, 'data/none.csv')),
      ),
    ).rejects.toThrow(/ENOENT/);
  });

  test('names what Node knows by its number only', async () => {
    const { patience, said } = patient();
    let tries = 0;
    await patience.with(FILE, () => {
      tries += 1;
      if (tries < 20) {
        const message = 'Unknown system error -116: Unknown system error -116, write';
        throw Object.assign(new Error(message), { errno: -116, code: 'Unknown system error -116' });
      }
    });
    expect(said[0]).toBe('reading /data/v.mp4 fails: ESTALE, write; retrying until the disk responds');
  });

  test('tells of a call that does not come back', async () => {
    const said: (string | null)[] = [];
    const patience = new Patience({
      sleep: () => Promise.resolve(),
      monotonicNow: () => 0,
      random: Math.random,
    });
    patience.listen((outage) => said.push(outage?.message ?? null));
    await patience.with({ ...FILE, isQueued: true }, () => sleep(5));
    expect(said).toEqual([]);
    await patience.with(FILE, () => sleep(5));
    expect(said).toEqual([
      'reading /data/v.mp4 has not come back for 30 s; retrying until the disk responds',
      null,
    ]);
  });
});
