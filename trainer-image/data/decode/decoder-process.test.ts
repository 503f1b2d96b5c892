import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { NUMBERED_SIDE, numbersOf, writeNumberedVideo } from '../../../test/support/numbered-video.ts';
import type { ClipRequest } from '../clip-request.ts';
import type { ClipJob, ClipOutcome } from './clip-decoder.ts';
import { DecoderPool } from './decoder-pool.ts';
import { DecoderProcess, type DecoderProcessSettings } from './decoder-process.ts';
import { DEFAULT_LIMITS } from './video-limits.ts';

const SETTINGS: DecoderProcessSettings = {
  cacheBytes: 2 ** 24,
  clipTimeoutMs: 20_000,
  limits: DEFAULT_LIMITS,
  targetFps: 30,
  pictures: 'video-file',
};
const REQUEST: ClipRequest = {
  sample: 0,
  view: 0,
  frames: 4,
  stride: 1,
  temporalDraw: 0,
  cropSize: NUMBERED_SIDE,
  shortSide: NUMBERED_SIDE,
  crop: { kind: 'uniform', index: 1 },
  changes: [],
  draw: null,
};
const nowMs = (): number => performance.now();
const never = new AbortController().signal;

const folder = temporaryFolder();
const good = join(folder, 'good.mp4');
/** A pipe that nobody writes: opening it never returns, like a file on a server that is gone. */
const hanging = join(folder, 'hanging.mp4');

beforeAll(async () => {
  await writeNumberedVideo(good, { frames: 40 });
  execFileSync('mkfifo', [hanging]);
});

let decoder: DecoderProcess | null = null;
afterEach(async () => {
  await decoder?.stop();
  decoder = null;
});

function start(change: Partial<DecoderProcessSettings> = {}): DecoderProcess {
  decoder = new DecoderProcess({ ...SETTINGS, ...change }, nowMs);
  return decoder;
}

function job(path: string, temporalDraw = 0, signal: AbortSignal = never): ClipJob {
  const request = { ...REQUEST, temporalDraw };
  return { request, path, signal, target: new Uint8Array(4 * NUMBERED_SIDE ** 2 * 3) };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits until a process with work in hand is there, then kills it. */
async function killWorking(working: DecoderProcess): Promise<void> {
  await working.whenReady();
  const { restarts } = working.counters;
  process.kill(working.pid!, 'SIGKILL');
  while (working.counters.restarts === restarts) {
    await delay(5);
  }
}

describe('DecoderProcess', () => {
  test('makes many clips, each into its own memory', async () => {
    const decoding = start();
    const jobs = Array.from({ length: 100 }, (_, index) => job(good, (index % 36) / 36));
    const outcomes = await Promise.all(jobs.map((one) => decoding.decode(one)));
    expect(outcomes.filter(({ kind }) => kind === 'clip')).toHaveLength(100);
    jobs.forEach(({ target }, index) => {
      const first = index % 36;
      expect(numbersOf(target, NUMBERED_SIDE)).toEqual([first, first + 1, first + 2, first + 3]);
    });
    expect(decoding.counters).toMatchObject({ clips: 100, cacheHits: 99, failures: 0, restarts: 0 });
  });

  test('reports a bad file and goes on', async () => {
    const decoding = start();
    const outcomes = await Promise.all(
      [join(folder, 'none.mp4'), good].map((path) => decoding.decode(job(path))),
    );
    expect(outcomes).toEqual([
      { kind: 'diskError', code: 'ENOENT', message: 'No such file or directory' },
      { kind: 'clip', isCacheHit: false },
    ]);
    expect(decoding.counters).toMatchObject({ clips: 1, failures: 1 });
  });

  test('a process that stands still over a file of a disk is replaced, and the file is not blamed', async () => {
    const decoding = start({ clipTimeoutMs: 2000 });
    for (let hang = 0; hang < 4; hang += 1) {
      await decoding.whenReady();
      process.kill(decoding.pid!, 'SIGSTOP');
      expect(await decoding.decode(job(good))).toEqual({
        kind: 'diskError',
        code: 'ETIMEDOUT',
        message: 'nothing came within 2000 ms',
      });
    }
    expect(await decoding.decode(job(good))).toMatchObject({ kind: 'clip' });
  });

  test('kills a process that hangs, three times, then refuses the file; other clips come through', async () => {
    // Longer than a clip takes on a busy machine: a process that only is slow must not be killed.
    const decoding = start({ clipTimeoutMs: 2000 });
    const [stuck, fine] = await Promise.all([decoding.decode(job(hanging)), decoding.decode(job(good))]);
    const message = '3 decoder processes were lost over it; nothing came within 2000 ms';
    expect(stuck).toEqual({ kind: 'failed', reason: 'TIMEOUT', message });
    expect(fine.kind).toBe('clip');
    const { restarts } = decoding.counters;
    expect(restarts).toBeGreaterThanOrEqual(3);
    expect(await decoding.decode(job(hanging))).toEqual(stuck);
    expect(decoding.counters.restarts).toBe(restarts);
  });

  test('tries a clip again when its process dies, and gives the file up at the third death', async () => {
    const decoding = start();
    const stuck = decoding.decode(job(hanging));
    const fine = job(good, 0.5);
    const later = decoding.decode(fine);
    for (let death = 0; death < 3; death += 1) {
      await killWorking(decoding);
    }
    const message = '3 decoder processes were lost over it; it was ended by SIGKILL';
    expect(await stuck).toEqual({ kind: 'failed', reason: 'CRASHED', message });
    expect(await later).toMatchObject({ kind: 'clip' });
    expect(numbersOf(fine.target, NUMBERED_SIDE)).toEqual([18, 19, 20, 21]);
  });

  test('a process that dies idle is replaced and nobody is blamed', async () => {
    const decoding = start();
    await decoding.decode(job(good));
    for (let death = 0; death < 3; death += 1) {
      await killWorking(decoding);
      expect(await decoding.decode(job(good))).toMatchObject({ kind: 'clip' });
    }
  });

  test('drops aborted jobs and leaves their memory alone', async () => {
    const decoding = start();
    await decoding.whenReady();
    const abort = new AbortController();
    const jobs = Array.from({ length: 80 }, () => job(good, 0, abort.signal));
    const outcomes = Promise.all(jobs.map((one) => decoding.decode(one)));
    // When they have been sent, and before an answer can have been read.
    await Promise.resolve();
    abort.abort();
    const kinds = (await outcomes).map(({ kind }: ClipOutcome) => kind);
    expect(kinds.slice(32)).toEqual(new Array(48).fill('cancelled'));
    expect(jobs.at(-1)!.target.every((byte) => byte === 0)).toBe(true);
    expect(await decoding.decode(job(good))).toMatchObject({ kind: 'clip' });
  });

  test('ends at once, also in the middle of a clip, and pending jobs come back cancelled', async () => {
    const decoding = start();
    await decoding.whenReady();
    const pid = decoding.pid!;
    const pending = [job(hanging), job(good)].map((one) => decoding.decode(one));
    await decoding.stop();
    expect(await Promise.all(pending)).toEqual([{ kind: 'cancelled' }, { kind: 'cancelled' }]);
    expect(await decoding.decode(job(good))).toEqual({ kind: 'cancelled' });
    expect(isRunning(pid)).toBe(false);
  });
});

describe('DecoderPool', () => {
  test('gives every video to one process, so each is decoded once', async () => {
    const pool = await DecoderPool.start(3, SETTINGS, nowMs);
    const samples = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5];
    for (const sample of samples) {
      const path = join(folder, '.', `../${folder.split('/').at(-1)!}/good.mp4`);
      await pool.decode({ ...job(sample % 2 === 0 ? good : path), request: { ...REQUEST, sample } });
    }
    // Three processes with at most two spellings of the path each: six cold clips at the very most.
    expect(pool.counters.clips).toBe(12);
    expect(pool.counters.cacheHits).toBeGreaterThanOrEqual(6);
    expect(new Set(pool.pids).size).toBe(3);
    await pool.dispose();
    expect(pool.pids.filter(isRunning)).toEqual([]);
  });

  test('refuses to be empty', async () => {
    await expect(DecoderPool.start(0, SETTINGS, nowMs)).rejects.toThrow(/at least one decoder, got 0/);
  });

  const asRoot = process.getuid?.() === 0 && process.platform === 'linux' ? test : test.skip;
  asRoot('reads a disk that was mounted after it was started', async () => {
    const decoding = start();
    await decoding.whenReady();
    expect(decoding.gaps).toEqual([]);
    // Decoders may read what is below the folders that were there at their start; this one is beside them.
    const disk = mkdtempSync('/multigrid-disk-');
    try {
      const path = join(disk, 'late.mp4');
      copyFileSync(good, path);
      const outcome = await decoding.decode(job(path));
      expect(outcome).toMatchObject({ kind: 'clip' });
      expect(decoding.counters).toMatchObject({ failures: 0, restarts: 1 });
    } finally {
      rmSync(disk, { recursive: true });
    }
  });

  test('its processes end when their parent is killed', async () => {
    const url = new URL('./decoder-pool.ts', import.meta.url).href;
    const program =
      `import { DecoderPool } from ${JSON.stringify(url)};` +
      `const pool = await DecoderPool.start(2, ${JSON.stringify(SETTINGS)}, () => performance.now());` +
      'console.log(JSON.stringify(pool.pids)); setInterval(() => undefined, 1000);';
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pids: unknown = JSON.parse(line.toString());
    expect(pids).toEqual([expect.any(Number), expect.any(Number)]);
    parent.kill('SIGKILL');
    await once(parent, 'close');
    const alive = (): boolean => (Array.isArray(pids) ? pids : []).some((pid: number) => isRunning(pid));
    while (alive()) {
      await delay(20);
    }
    expect(alive()).toBe(false);
  });
});
