import { describe, expect, test } from '@jest/globals';
import { access, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { nodeEffects } from './node-effects.ts';
import { startScript } from '../test/support/run/processes.ts';
import type { JobFileEffects } from './file-effects.ts';
import { acquireLock } from './file-lock.ts';
import { LockLostError, LockTimeoutError } from './lock-errors.ts';

const SOON = { timeoutMs: 100, staleAfterMs: 60_000 };
/** Of a lock that a process holds as long as it trains. */
const LONG = { timeoutMs: 100, staleAfterMs: 40_000, beatMs: 5000, isLongHeld: true };

/** Real files, and a clock that moves only while somebody sleeps: hours take no time. */
function sleepless(atTime: (nowMs: number) => Promise<void> = () => Promise.resolve()): JobFileEffects {
  let nowMs = 0;
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    nowMs += ms;
    await atTime(nowMs);
    await nodeEffects.sleep(0);
  };
  return { ...nodeEffects, monotonicNow: () => nowMs, sleep };
}

/** Real time, and a beat every few milliseconds. */
const LONG_BUT_QUICK = { timeoutMs: 0, staleAfterMs: 40_000, beatMs: 5, isLongHeld: true };

/** Real files whose reads are counted, and fail when told so. */
function watchedReads(): {
  readonly effects: JobFileEffects;
  /** Resolves after so many more reads. */
  readonly looks: (count: number) => Promise<void>;
  readonly failWith: (code: string | null) => void;
} {
  let reads = 0;
  let failure: string | null = null;
  const readFile: JobFileEffects['fs']['readFile'] = async (path, encoding) => {
    reads += 1;
    if (failure !== null) {
      throw Object.assign(new Error(`${failure}: injected`), { code: failure });
    }
    return nodeEffects.fs.readFile(path, encoding);
  };
  const looks = async (count: number): Promise<void> => {
    const until = reads + count;
    while (reads < until) {
      await nodeEffects.sleep(5);
    }
  };
  const failWith = (code: string | null): void => {
    failure = code;
  };
  return { effects: { ...nodeEffects, fs: { ...nodeEffects.fs, readFile } }, looks, failWith };
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await nodeEffects.sleep(5);
  }
}

async function untilThere(path: string): Promise<void> {
  while (
    !(await access(path).then(
      () => true,
      () => false,
    ))
  ) {
    await nodeEffects.sleep(10);
  }
}

async function plantLock(folder: string, owner: object): Promise<string> {
  const path = join(folder, 'lock');
  await writeFile(path, JSON.stringify({ host: nodeEffects.host, started: '1', token: 'planted', ...owner }));
  return path;
}

describe('a lock file', () => {
  test('is held by one of many processes at a time, also when they find it left by a dead one', async () => {
    const folder = temporaryFolder();
    const dead = startScript('hold-lock.ts', [folder, '0']);
    await untilThere(join(folder, 'held'));
    dead.kill('SIGKILL');
    await dead.ended;
    const others = [1, 2, 3, 4].map(() => startScript('hold-lock.ts', [folder, '100']));
    for (const { ended } of others) {
      expect(await ended).toEqual({ code: 0, signal: null, stderr: '' });
    }
    expect(await readdir(folder)).toEqual(['held']);
  });

  test('stays with a living owner and names it when the wait is over', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const lock = await acquireLock(path, nodeEffects, SOON);
    const second = acquireLock(path, nodeEffects, SOON);
    await expect(second).rejects.toBeInstanceOf(LockTimeoutError);
    await expect(second).rejects.toThrow(`process ${process.pid} on ${nodeEffects.host}`);
    await lock.release();
    await (await acquireLock(path, nodeEffects, SOON)).release();
  });

  test('is taken from an owner whose process number now belongs to another process', async () => {
    const folder = temporaryFolder();
    const path = await plantLock(folder, { pid: process.pid, started: '1' });
    await (await acquireLock(path, nodeEffects, SOON)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('says of which boot and which set of processes its owner is, and in which pod', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const lock = await acquireLock(path, nodeEffects, { ...SOON, pod: 'pod-1' });
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
    const owner: unknown = JSON.parse(await readFile(path, 'utf8'));
    expect(owner).toMatchObject({ pid: process.pid, pod: 'pod-1', table: expect.stringContaining(boot) });
    await lock.release();
  });

  test('says for which job it is held, to those who wait for it and when the wait is over', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const job = { namespace: 'team-a', name: 'first', uid: 'a-1' };
    const lock = await acquireLock(path, nodeEffects, { ...SOON, job });
    const told: unknown[] = [];
    const onWaiting = (holder: object): void => {
      told.push(holder);
    };
    const waiting = acquireLock(path, sleepless(), { ...SOON, timeoutMs: 5000, onWaiting });
    const message = `process ${process.pid} on ${nodeEffects.host} of job team-a/first (uid a-1)`;
    await expect(waiting).rejects.toMatchObject({
      name: 'LockTimeoutError',
      message: expect.stringContaining(message),
      holder: { job },
    });
    expect(told).toEqual([expect.objectContaining({ description: message, job })]);
    await lock.release();
  });

  test('of a machine of the same name, or of this one before it was started anew, proves nothing by its process number', async () => {
    const folder = temporaryFolder();
    const path = await plantLock(folder, { pid: 2 ** 22, table: 'another-boot/pid:[4026531836]' });
    await expect(acquireLock(path, nodeEffects, SOON)).rejects.toThrow('still held by process 4194304');
    await (await acquireLock(path, sleepless(), LONG)).release();
  });

  test.each<[string, number]>([
    ['old', -3_600_000],
    ['of the future', 3_600_000],
  ])(
    'of another machine, with times that are %s, is taken after silence and not before',
    async (_age, ms) => {
      const folder = temporaryFolder();
      const path = await plantLock(folder, { pid: 1, host: 'elsewhere' });
      const then = (Date.now() + ms) / 1000;
      await utimes(path, then, then);
      await expect(acquireLock(path, nodeEffects, SOON)).rejects.toThrow('process 1 on elsewhere');
      const effects = sleepless();
      const lock = await acquireLock(path, effects, { timeoutMs: 10_000, staleAfterMs: 4000 });
      expect(effects.monotonicNow()).toBeGreaterThanOrEqual(4000);
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  test('of another machine that says that it lives is left to it, and no longer waited for than one may', async () => {
    const folder = temporaryFolder();
    const path = await plantLock(folder, { pid: 1, host: 'elsewhere' });
    let beats = 0;
    const effects = sleepless(async (nowMs) => {
      if (nowMs > (beats + 1) * LONG.beatMs) {
        beats += 1;
        // Its clock is an hour behind.
        await utimes(path, Date.now() / 1000, Date.now() / 1000 - 3600 + beats);
      }
    });
    const options = { ...LONG, timeoutMs: 4 * LONG.staleAfterMs };
    await expect(acquireLock(path, effects, options)).rejects.toBeInstanceOf(LockTimeoutError);
    expect(effects.monotonicNow()).toBeGreaterThanOrEqual(options.timeoutMs);
    const impatient = acquireLock(path, effects, LONG);
    await expect(impatient).rejects.toBeInstanceOf(LockTimeoutError);
  });

  test('of an owner who is known to be dead is taken at once, and so is the right to take it', async () => {
    const folder = temporaryFolder();
    const path = await plantLock(folder, { pid: 1, host: 'pod-a', pod: 'uid-a' });
    await writeFile(`${path}.planted`, await readFile(path));
    const isKnownDead = ({ pod }: { readonly pod?: string }): boolean => pod === 'uid-a';
    const unwaiting = { timeoutMs: 0, staleAfterMs: 60_000, isKnownDead };
    await (await acquireLock(path, nodeEffects, unwaiting)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a pod whose trainer was killed is waited for until its end is known, and then taken', async () => {
    const folder = temporaryFolder();
    const first = startScript('hold-long.ts', [folder, 'pod-a']);
    await untilThere(join(folder, 'held'));
    first.kill('SIGKILL');
    await first.ended;
    const dead = new Set<string>();
    const said: string[] = [];
    const options = { ...LONG, timeoutMs: 600_000, staleAfterMs: 600_000 };
    const taking = acquireLock(
      join(folder, 'lock'),
      { ...nodeEffects, host: 'pod-b' },
      {
        ...options,
        isKnownDead: ({ pod = '' }) => dead.has(pod),
        onWaiting: ({ description }) => {
          said.push(description);
          dead.add('pod-a');
        },
      },
    );
    await (await taking).release();
    expect(said).toEqual([`process ${first.pid} on pod-a`]);
  });

  test('of a pod that was frozen for too long is taken, and its trainer ends when it wakes up', async () => {
    const folder = temporaryFolder();
    const first = startScript('hold-long.ts', [folder, 'pod-a']);
    await untilThere(join(folder, 'held'));
    first.kill('SIGSTOP');
    const second = startScript('hold-long.ts', [folder, 'pod-b']);
    while (!(await readFile(join(folder, 'lock'), 'utf8').catch(() => '')).includes('pod-b')) {
      await nodeEffects.sleep(10);
    }
    first.kill('SIGCONT');
    expect(await first.ended).toMatchObject({ code: 75 });
    second.kill('SIGKILL');
    await second.ended;
  });

  test('that was taken over and given back while its owner was frozen is lost to that owner', async () => {
    const folder = temporaryFolder();
    const first = startScript('hold-long.ts', [folder, 'pod-a']);
    await untilThere(join(folder, 'held'));
    first.kill('SIGSTOP');
    const second = await acquireLock(join(folder, 'lock'), nodeEffects, {
      ...LONG,
      staleAfterMs: 1000,
      timeoutMs: 60_000,
    });
    await second.release();
    first.kill('SIGCONT');
    expect(await first.ended).toMatchObject({ code: 75 });
    expect(await readdir(folder)).toEqual(['held']);
  });

  test('of a folder that went away is kept, and lost when the folder comes back without it', async () => {
    const parent = temporaryFolder();
    const folder = join(parent, 'mounted');
    await mkdir(folder);
    const { effects, looks } = watchedReads();
    const lock = await acquireLock(join(folder, 'lock'), effects, LONG_BUT_QUICK);
    await rename(folder, join(parent, 'away'));
    await looks(3);
    expect(lock.lost.aborted).toBe(false);
    // An empty folder in its place: what a mount point shows when nothing is mounted there.
    await mkdir(folder);
    await looks(3);
    expect(lock.lost.aborted).toBe(false);
    await rm(folder, { recursive: true });
    await rename(join(parent, 'away'), folder);
    await looks(3);
    expect(lock.lost.aborted).toBe(false);
    await rm(join(folder, 'lock'));
    await untilAborted(lock.lost);
    expect(lock.lost.reason).toBeInstanceOf(LockLostError);
    await lock.release();
  });

  test('that cannot be read for a while is kept', async () => {
    const folder = temporaryFolder();
    const { effects, looks, failWith } = watchedReads();
    const lock = await acquireLock(join(folder, 'lock'), effects, LONG_BUT_QUICK);
    for (const code of ['EIO', 'ESTALE', 'ENOTCONN', 'EACCES']) {
      failWith(code);
      await looks(2);
      expect(lock.lost.aborted).toBe(false);
    }
    failWith(null);
    await looks(2);
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('is not held by one who was frozen between making its file and writing its name', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    let isFirst = true;
    const slow: JobFileEffects = {
      ...nodeEffects,
      fs: {
        ...nodeEffects.fs,
        open: async (name, flags) => {
          const file = await nodeEffects.fs.open(name, flags);
          if (isFirst && name === path) {
            isFirst = false;
            // Silence took the nameless lock away meanwhile, and another one has it.
            await rm(path);
            await plantLock(folder, { pid: 1, host: 'elsewhere' });
          }
          return file;
        },
      },
    };
    await expect(acquireLock(path, slow, SOON)).rejects.toThrow('process 1 on elsewhere');
    expect(await readFile(path, 'utf8')).toContain('elsewhere');
  });

  test('that its creator never filled in is taken over after silence', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    await writeFile(path, '');
    await expect(acquireLock(path, nodeEffects, SOON)).rejects.toThrow('an unknown process');
    await (await acquireLock(path, sleepless(), LONG)).release();
  });

  test('is waited for as long as it was said to be, whatever happens to the time of day', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const lock = await acquireLock(path, nodeEffects, SOON);
    let jumps = 0;
    const jumping: JobFileEffects = {
      ...nodeEffects,
      now: () => Date.now() + jumps * 300_000,
      sleep: (ms, signal) => {
        jumps += 1;
        return nodeEffects.sleep(ms, signal);
      },
    };
    const waiting = acquireLock(path, jumping, { timeoutMs: 60_000, staleAfterMs: 60_000 });
    while (jumps < 2) {
      await nodeEffects.sleep(5);
    }
    await lock.release();
    await (await waiting).release();
  });

  test('is not waited for any longer than the one who waits is wanted', async () => {
    const folder = temporaryFolder();
    const path = await plantLock(folder, { pid: 1, host: 'elsewhere' });
    const stop = new AbortController();
    const options = { timeoutMs: 60_000, staleAfterMs: 60_000, isLongHeld: true, signal: stop.signal };
    const waiting = acquireLock(path, nodeEffects, options);
    stop.abort(new Error('SIGTERM'));
    await expect(waiting).rejects.toThrow('SIGTERM');
  });

  test('held for long is kept young, so that other machines leave it alone', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const lock = await acquireLock(path, nodeEffects, { timeoutMs: 0, staleAfterMs: 40, isLongHeld: true });
    const { mtimeMs } = await stat(path);
    while ((await stat(path)).mtimeMs === mtimeMs) {
      await nodeEffects.sleep(5);
    }
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('held for long tells its owner when another one has taken it over, and is left to that one', async () => {
    const folder = temporaryFolder();
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
