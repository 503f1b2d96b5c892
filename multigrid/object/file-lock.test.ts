import { describe, expect, test } from '@jest/globals';
import { access, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeEffects } from '../../operator/platform/local/node-effects.ts';
import { inTemporaryFolder, startScript } from '../../test/support/run/processes.ts';
import { acquireLock } from './file-lock.ts';
import { LockLostError, LockTimeoutError } from './object-errors.ts';

const SOON = { timeoutMs: 100, staleAfterMs: 60_000 };

async function plantLock(folder: string, owner: object): Promise<string> {
  const path = join(folder, 'lock');
  await writeFile(path, JSON.stringify({ host: nodeEffects.host, started: '1', token: 'planted', ...owner }));
  return path;
}

describe('a lock file', () => {
  test('is held by one of many processes at a time, also when they find it left by a dead one', async () => {
    await inTemporaryFolder(async (folder) => {
      const dead = startScript('hold-lock.ts', [folder, '0']);
      while (
        !(await access(join(folder, 'held')).then(
          () => true,
          () => false,
        ))
      ) {
        await nodeEffects.sleep(10);
      }
      dead.kill('SIGKILL');
      await dead.ended;
      const others = [1, 2, 3, 4].map(() => startScript('hold-lock.ts', [folder, '100']));
      for (const { ended } of others) {
        expect(await ended).toEqual({ code: 0, signal: null, stderr: '' });
      }
      expect(await readdir(folder)).toEqual(['held']);
    });
  });

  test('stays with a living owner and names it when the wait is over', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      const lock = await acquireLock(path, nodeEffects, SOON);
      const second = acquireLock(path, nodeEffects, SOON);
      await expect(second).rejects.toBeInstanceOf(LockTimeoutError);
      await expect(second).rejects.toThrow(`process ${process.pid} on ${nodeEffects.host}`);
      await lock.release();
      await (await acquireLock(path, nodeEffects, SOON)).release();
    });
  });

  test('is taken from an owner whose process number now belongs to another process', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = await plantLock(folder, { pid: process.pid, started: '1' });
      await (await acquireLock(path, nodeEffects, SOON)).release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test('of another machine is respected while it is young and taken over when it is old', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = await plantLock(folder, { pid: 1, host: 'elsewhere' });
      await expect(acquireLock(path, nodeEffects, SOON)).rejects.toThrow('process 1 on elsewhere');
      const later = { ...nodeEffects, now: () => Date.now() + 61_000 };
      await (await acquireLock(path, later, SOON)).release();
    });
  });

  test('that its creator never filled in is taken over when it is old', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      await writeFile(path, '');
      await expect(acquireLock(path, nodeEffects, SOON)).rejects.toThrow('an unknown process');
      const later = { ...nodeEffects, now: () => Date.now() + 61_000 };
      await (await acquireLock(path, later, SOON)).release();
    });
  });

  test('is waited for as long as it was said to be, whatever happens to the time of day', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      const lock = await acquireLock(path, nodeEffects, SOON);
      let jumps = 0;
      const jumping = { ...nodeEffects, now: () => Date.now() + (jumps += 1) * 300_000 };
      const waiting = acquireLock(path, jumping, { timeoutMs: 60_000, staleAfterMs: 60_000 });
      while (jumps < 2) {
        await nodeEffects.sleep(5);
      }
      await lock.release();
      await (await waiting).release();
    });
  });

  test('is not waited for any longer than the one who waits is wanted', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = await plantLock(folder, { pid: 1, host: 'elsewhere' });
      const stop = new AbortController();
      const options = { timeoutMs: 60_000, staleAfterMs: 60_000, isLongHeld: true, signal: stop.signal };
      const waiting = acquireLock(path, nodeEffects, options);
      stop.abort(new Error('SIGTERM'));
      await expect(waiting).rejects.toThrow('SIGTERM');
    });
  });

  test('held for long is kept young, so that other machines leave it alone', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      const lock = await acquireLock(path, nodeEffects, { timeoutMs: 0, staleAfterMs: 40, isLongHeld: true });
      const { mtimeMs } = await stat(path);
      while ((await stat(path)).mtimeMs === mtimeMs) {
        await nodeEffects.sleep(5);
      }
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test('held for long tells its owner when another one has taken it over, and is left to that one', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      const lock = await acquireLock(path, nodeEffects, { timeoutMs: 0, staleAfterMs: 40, isLongHeld: true });
      await plantLock(folder, { pid: 1, host: 'elsewhere' });
      while (!lock.lost.aborted) {
        await nodeEffects.sleep(5);
      }
      expect(lock.lost.reason).toBeInstanceOf(LockLostError);
      await lock.release();
      expect(await readdir(folder)).toEqual(['lock']);
    });
  });
});
