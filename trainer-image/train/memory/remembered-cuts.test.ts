import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CutCircumstances } from '../../report/cuts-file.ts';
import { firstPartition, type PartitionLimits, smallerPartition } from './partition.ts';
import { RememberedCuts } from './remembered-cuts.ts';

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

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'multigrid-cuts-'));
    path = join(folder, 'cuts.json');
    const cuts = await RememberedCuts.open(path, NOW, true);
    expect(cuts.known()).toEqual([]);
    await cuts.note({ shape: SHAPE, from: FIRST, to: HALF, cause: '' });
    await cuts.note({ shape: OTHER, from: FIRST, to: HALF, cause: '' });
    await cuts.note({ shape: SHAPE, from: HALF, to: QUARTER, cause: '' });
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('are known to the next trainer of the run, each shape with its last cut', async () => {
    expect((await RememberedCuts.open(path, NOW, true)).known()).toEqual([
      { shape: SHAPE, partition: QUARTER },
      { shape: OTHER, partition: HALF },
    ]);
  });

  test('stay where a restart finds more of them', async () => {
    const next = await RememberedCuts.open(path, { ...NOW, activationBytes: 900 }, true);
    await next.note({ shape: OTHER, from: HALF, to: QUARTER, cause: '' });
    const known = (await RememberedCuts.open(path, { ...NOW, activationBytes: 900 }, true)).known();
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
    expect((await RememberedCuts.open(path, { ...NOW, ...change }, true)).known()).toEqual([]);
  });

  test('of an earlier training do not concern a new one', async () => {
    expect((await RememberedCuts.open(path, NOW, false)).known()).toEqual([]);
  });

  test.each(['{"circumstances":', 'null', '{}', '{"circumstances":{},"cuts":[]}'])(
    'are found anew when the file holds %s',
    async (text) => {
      await writeFile(path, text);
      expect((await RememberedCuts.open(path, NOW, true)).known()).toEqual([]);
    },
  );
});
