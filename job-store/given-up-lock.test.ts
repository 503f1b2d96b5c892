import { expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inTemporaryFolder } from '../test/support/run/processes.ts';
import type { JobFileEffects } from './file-effects.ts';
import { acquireLock } from './file-lock.ts';
import { nodeEffects } from './node-effects.ts';

const OPTIONS = { timeoutMs: 0, staleAfterMs: 40_000 };

test.each<'readFile' | 'unlink'>(['readFile', 'unlink'])(
  'a lock whose disk was away (%s) when it was given back is taken again by the same process',
  async (call) => {
    await inTemporaryFolder(async (folder) => {
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
    });
  },
);
