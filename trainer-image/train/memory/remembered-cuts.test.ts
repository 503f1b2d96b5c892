import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CutCircumstances } from '../../run-folder/cuts-file.ts';
import { firstPartition, type PartitionLimits, smallerPartition } from './partition.ts';
import { type CutsAccess, RememberedCuts } from './remembered-cuts.ts';

const LIMITS: PartitionLimits = { cores: 2, microBatch: 0, recompute: 'Auto' };
const SHAPE = { clips: 32, groups: 8, frames: 4, cropSize: 32 };
const OTHER = { ...SHAPE, cropSize: 48 };
const NOW: CutCircumstances = {
  cores: 2,
  device: 'cpu',
  activationBytes: 1000,
  microBatch: 0,
  recompute: 'Auto',
  precision: 'float32',
};

const FIRST = firstPartition(SHAPE, LIMITS);
const HALF = smallerPartition(FIRST, LIMITS)!;
const QUARTER = smallerPartition(HALF, LIMITS)!;

describe('cuts of steps', () => {
  let folder: string;
  let path: string;

  const open = (circumstances: CutCircumstances, access: Partial<CutsAccess> = {}): Promise<RememberedCuts> =>
    RememberedCuts.open({ path, isResumed: true, isWriter: true, ...access }, circumstances);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'multigrid-cuts-'));
    path = join(folder, 'cuts.json');
    const cuts = await open(NOW);
    expect(cuts.known()).toEqual([]);
    await cuts.note({ shape: SHAPE, from: FIRST, to: HALF, cause: '' });
    await cuts.note({ shape: OTHER, from: FIRST, to: HALF, cause: '' });
    await cuts.note({ shape: SHAPE, from: HALF, to: QUARTER, cause: '' });
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('are known to the next trainer of the run, each shape with its last cut', async () => {
    expect((await open(NOW)).known()).toEqual([
      { shape: SHAPE, partition: QUARTER },
      { shape: OTHER, partition: HALF },
    ]);
  });

  test('stay where a restart finds more of them', async () => {
    const next = await open({ ...NOW, activationBytes: 900 });
    await next.note({ shape: OTHER, from: HALF, to: QUARTER, cause: '' });
    const known = (await open({ ...NOW, activationBytes: 900 })).known();
    expect(known.map(({ partition }) => partition)).toEqual([QUARTER, QUARTER]);
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
    await other.note({ shape: OTHER, from: HALF, to: QUARTER, cause: '' });
    // Its own finding holds for as long as it lives.
    expect(other.known()).toContainEqual({ shape: OTHER, partition: QUARTER });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test.each(['{"circumstances":', 'null', '{}', '{"circumstances":{},"cuts":[]}'])(
    'are found anew when the file holds %s',
    async (text) => {
      await writeFile(path, text);
      expect((await open(NOW)).known()).toEqual([]);
    },
  );
});
