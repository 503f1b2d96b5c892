import { expect, test } from '@jest/globals';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { waitUntil } from '../test/cluster/control-plane/wait-until.ts';
import type { JobFileEffects } from './file-effects.ts';
import { acquireLock } from './file-lock.ts';
import { nodeEffects } from './node-effects.ts';

const OPTIONS = { timeoutMs: 0, staleAfterMs: 40_000 };

test.each<'readFile' | 'unlink'>(['readFile', 'unlink'])(
  'a lock whose disk was away (%s) when it was given back is taken again by the same process',
  async (call) => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const away = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('EIO: injected'), { code: 'EIO' }));
    let isAway = false;
    const { fs } = nodeEffects;
    const readFile: JobFileEffects['fs']['readFile'] = (file, encoding) =>
      isAway && call === 'readFile' ? away() : fs.readFile(file, encoding);
    const unlink: JobFileEffects['fs']['unlink'] = (file) =>
      isAway && call === 'unlink' ? away() : fs.unlink(file);
    const effects = { ...nodeEffects, fs: { ...fs, readFile, unlink } };
    const lock = await acquireLock(path, effects, OPTIONS);
    isAway = true;
    await expect(lock.release()).rejects.toThrow('EIO');
    isAway = false;
    await (await acquireLock(path, effects, OPTIONS)).release();
    expect(await readdir(folder)).toEqual([]);
  },
);

test('a lock whose folder was away when it was given back is taken again by the same process', async () => {
  const root = temporaryFolder();
  const folder = join(root, 'run');
  await mkdir(folder);
  const path = join(folder, 'lock');
  const lock = await acquireLock(path, nodeEffects, OPTIONS);
  await rename(folder, `${folder}.away`);
  expect(await lock.release()).toBe('gone');
  await rename(`${folder}.away`, folder);
  expect(await (await acquireLock(path, nodeEffects, OPTIONS)).release()).toBe('released');
  expect(await readdir(folder)).toEqual([]);
});

test('a lock whose folder was away when it was given back is free for others when the folder is back', async () => {
  const root = temporaryFolder();
  const folder = join(root, 'run');
  await mkdir(folder);
  const lock = await acquireLock(join(folder, 'lock'), nodeEffects, OPTIONS);
  await rename(folder, `${folder}.away`);
  await lock.release();
  await rename(`${folder}.away`, folder);
  const isEmpty = async (): Promise<boolean | null> => (await readdir(folder)).length === 0 || null;
  await waitUntil(isEmpty, { what: 'the lock to be removed', timeoutMs: 60_000, periodMs: 20 });
});

test("a lock whose folder went away while it was taken is nobody's when the folder is back", async () => {
  const root = temporaryFolder();
  const folder = join(root, 'run');
  await mkdir(folder);
  const path = join(folder, 'lock');
  const { fs } = nodeEffects;
  let isFirst = true;
  const readFile: JobFileEffects['fs']['readFile'] = async (file, encoding) => {
    if (isFirst && file === path) {
      isFirst = false;
      await rename(folder, `${folder}.away`);
    }
    return fs.readFile(file, encoding);
  };
  const effects = { ...nodeEffects, fs: { ...fs, readFile } };
  await expect(acquireLock(path, effects, OPTIONS)).rejects.toThrow(path);
  await rename(`${folder}.away`, folder);
  await (await acquireLock(path, nodeEffects, OPTIONS)).release();
  expect(await readdir(folder)).toEqual([]);
});

test("a lock that was written while its disk went away is nobody's", async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'lock');
  const { fs } = nodeEffects;
  let looks = 0;
  const readFile: JobFileEffects['fs']['readFile'] = async (file, encoding) => {
    if (file === path && (looks += 1) <= 2) {
      throw Object.assign(new Error('ENOTCONN: injected'), { code: 'ENOTCONN' });
    }
    return fs.readFile(file, encoding);
  };
  const effects = { ...nodeEffects, fs: { ...fs, readFile } };
  await expect(acquireLock(path, effects, OPTIONS)).rejects.toThrow('ENOTCONN');
  const isEmpty = async (): Promise<boolean | null> => (await readdir(folder)).length === 0 || null;
  await waitUntil(isEmpty, { what: 'the lock to be removed', timeoutMs: 60_000, periodMs: 20 });
});
