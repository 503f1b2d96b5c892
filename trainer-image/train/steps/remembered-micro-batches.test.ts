import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { MicroBatchCircumstances, MicroBatchesRecord } from '../../run-folder/micro-batches-file.ts';
import { firstMicroBatches, type MicroBatchLimits, smallerMicroBatches } from './micro-batches.ts';
import { type MicroBatchesAccess, RememberedMicroBatches } from './remembered-micro-batches.ts';

const LIMITS: MicroBatchLimits = { cores: 2, microBatch: 0, recompute: 'Auto' };
const SHAPE = { clips: 32, groups: 8, frames: 4, cropSize: 32 };
const OTHER = { ...SHAPE, cropSize: 48 };
const NOW: MicroBatchCircumstances = {
  cores: 2,
  device: 'cpu',
  activationBytes: 1000,
  microBatch: 0,
  recompute: 'Auto',
  precision: 'float32',
};

const FIRST = firstMicroBatches(SHAPE, LIMITS);
const HALF = smallerMicroBatches(FIRST, LIMITS)!;
const QUARTER = smallerMicroBatches(HALF, LIMITS)!;

describe('micro-batches of steps that did not fit', () => {
  let folder: string;
  let path: string;

  const open = (
    circumstances: MicroBatchCircumstances,
    access: Partial<MicroBatchesAccess> = {},
  ): Promise<RememberedMicroBatches> =>
    RememberedMicroBatches.open({ path, isResumed: true, isWriter: true, ...access }, circumstances);

  beforeEach(async () => {
    folder = temporaryFolder();
    path = join(folder, 'micro-batches.json');
    const found = await open(NOW);
    expect(found.known()).toEqual([]);
    await found.note({ shape: SHAPE, to: HALF });
    await found.note({ shape: OTHER, to: HALF });
    await found.note({ shape: SHAPE, to: QUARTER });
  });

  test('are known to the next trainer of the run, each shape with its last ones', async () => {
    expect((await open(NOW)).known()).toEqual([
      { shape: SHAPE, microBatches: QUARTER },
      { shape: OTHER, microBatches: HALF },
    ]);
  });

  test('stay where a restart finds more of them', async () => {
    const next = await open({ ...NOW, activationBytes: 900 });
    await next.note({ shape: OTHER, to: QUARTER });
    const known = (await open({ ...NOW, activationBytes: 900 })).known();
    expect(known.map(({ microBatches }) => microBatches)).toEqual([QUARTER, QUARTER]);
  });

  test.each([
    ['there is more memory', { activationBytes: 1001 }],
    ['the limit is not known', { activationBytes: null }],
    ['there are more cores', { cores: 3 }],
    ['it is another device', { device: 'cuda' }],
    ['the micro-batch is set', { microBatch: 4 }],
    ['blocks are computed twice', { recompute: 'Always' }],
    ['the precision is another', { precision: 'mixed' }],
  ])('are found anew when %s', async (_, change) => {
    expect((await open({ ...NOW, ...change })).known()).toEqual([]);
  });

  test('of an earlier training do not concern a new one', async () => {
    expect((await open(NOW, { isResumed: false })).known()).toEqual([]);
  });

  test('are read by every worker and written by the first one only', async () => {
    const before = await readFile(path, 'utf8');
    const other = await open(NOW, { isWriter: false });
    expect(other.known()).toEqual((await open(NOW)).known());
    await other.note({ shape: OTHER, to: QUARTER });
    // Its own finding holds for as long as it lives.
    expect(other.known()).toContainEqual({ shape: OTHER, microBatches: QUARTER });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test('are read from the file of before under its old name', async () => {
    const { circumstances, steps } = JSON.parse(await readFile(path, 'utf8')) as MicroBatchesRecord;
    await rm(path);
    await writeFile(join(folder, 'cuts.json'), JSON.stringify({ circumstances, cuts: steps }));
    expect((await open(NOW)).known()).toHaveLength(2);
  });

  test.each(['{"circumstances":', 'null', '{}', '{"circumstances":{},"steps":[]}'])(
    'are found anew when the file holds %s',
    async (text) => {
      await writeFile(path, text);
      expect((await open(NOW)).known()).toEqual([]);
    },
  );
});
