import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Patience } from '../../storage/patience.ts';
import { sha256Hex } from '../../storage/sha256.ts';
import type { ClipRequest } from '../../trainer-image/data/clip-request.ts';
import { DecoderProcess } from '../../trainer-image/data/decode/decoder-process.ts';
import { DEFAULT_LIMITS } from '../../trainer-image/data/decode/video-limits.ts';
import { ClipLoader } from '../../trainer-image/data/loader.ts';
import { trainingRequest } from '../../trainer-image/data/sampler.ts';
import { MetricsLog } from '../../trainer-image/run-folder/metrics-log.ts';
import { readMetrics } from '../../trainer-image/run-folder/metrics-reader.ts';
import { CheckpointStore } from '../../trainer-image/train/checkpoints/checkpoint-store.ts';
import { type Fault, FaultDisk, whyNoFaultDisk } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { writeNumberedVideo } from '../support/numbered-video.ts';
import { checkpointAt } from '../support/sample-checkpoint.ts';
import { sampleRun } from '../support/sample-run.ts';
import { MIRROR_HALF } from '../../trainer-image/data/augmentation.ts';

const why = whyNoFaultDisk();
const describeOnDisk = why === null ? describe : describe.skip;
const PASSING = ['EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EMFILE', 'ENFILE', 'EBUSY'] as const;
const VIDEOS = 6;
const STEP = sampleRun().events.find((event) => event.kind === 'step')!;
const NEVER = new AbortController().signal;

describeOnDisk(`files on a disk that misbehaves${why === null ? '' : ` (not here: ${why})`}`, () => {
  let folder: string;
  let root: string;
  let disk: FaultDisk;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'multigrid-folder-'));
    root = await mkdtemp(join(tmpdir(), 'multigrid-disk-'));
    await mkdir(join(folder, 'videos'));
    for (let video = 0; video < VIDEOS; video += 1) {
      await writeNumberedVideo(join(folder, `videos/${video}.mp4`), { frames: 20 + video });
    }
    disk = await FaultDisk.mount(folder, root);
  });

  afterAll(async () => {
    await disk.unmount();
    await rm(root, { recursive: true });
    await rm(folder, { recursive: true });
  });

  /** A patience whose time passes ten times as fast, and what it says. */
  function patient(): { readonly patience: Patience; readonly said: (string | null)[] } {
    const patience = new Patience({
      sleep: (ms, signal) => sleep(ms / 10, undefined, signal === undefined ? {} : { signal }),
      monotonicNow: () => 10 * performance.now(),
      random: Math.random,
    });
    const said: (string | null)[] = [];
    patience.listen((outage) => said.push(outage?.message ?? null));
    return { patience, said };
  }

  /** Does the work on a disk with these faults, which end when the work says that it waits. */
  async function under<T>(
    said: readonly (string | null)[],
    faults: readonly Fault[],
    work: Promise<T>,
  ): Promise<T> {
    await waitUntil(() => Promise.resolve(said.at(-1) ?? null), {
      ...{ what: `words about ${JSON.stringify(faults)}`, timeoutMs: 120_000, periodMs: 20 },
    });
    await disk.fail();
    const result = await work;
    expect(said.at(-1)).toBeNull();
    return result;
  }

  function requests(): ClipRequest[] {
    const shape = {
      ...{ frames: 4, stride: { min: 1, max: 2 }, cropSize: 24 },
      ...{ scale: { min: 26, max: 40 }, augmentation: MIRROR_HALF },
    };
    return Array.from({ length: VIDEOS }, (_, sample) =>
      trainingRequest({ seed: 3, epoch: 0, sample, attempt: 0, shape }),
    );
  }

  async function batch(loader: ClipLoader): Promise<Buffer> {
    const stream = loader.stream([requests()], NEVER);
    const next = await stream.next();
    const value = next.done === true ? undefined : next.value;
    await stream.return(undefined);
    expect(value).toBeDefined();
    return Buffer.from(value?.pixels ?? []);
  }

  test('clips are the same whatever their reading went through, and no video is bad', async () => {
    const videos = Array.from({ length: VIDEOS }, (_, video) => ({
      path: join(root, `videos/${video}.mp4`),
      labels: [0],
    }));
    const list = { source: 'list.csv', numClasses: 1, videos };
    const { patience, said } = patient();
    const loader = await ClipLoader.create({
      videos: list,
      decoders: 1,
      cacheMiB: 0,
      maxBadFraction: 0,
      patience,
    });
    try {
      const calm = await batch(loader);
      for (const errno of PASSING) {
        for (const operations of [['read'], ['open'], ['lookup', 'opendir', 'getattr']]) {
          const fault = { operations, path: '^videos', errno };
          await disk.fail(fault);
          expect((await under(said, [fault], batch(loader))).equals(calm)).toBe(true);
        }
      }
      await disk.crash();
      const pending = batch(loader);
      await waitUntil(() => Promise.resolve(said.at(-1) ?? null), {
        ...{ what: 'words about a disk that is gone', timeoutMs: 120_000, periodMs: 20 },
      });
      await disk.comeBack();
      expect((await pending).equals(calm)).toBe(true);
      expect(loader.badClips).toEqual([]);
    } finally {
      await loader.dispose();
    }
  });

  test('reads that fail in the middle of a video are told as errors of the disk, never as a shorter video', async () => {
    const decoder = new DecoderProcess(
      {
        ...{ cacheBytes: 0, clipTimeoutMs: 60_000, limits: DEFAULT_LIMITS },
        ...{ targetFps: 30, pictures: 'video-file' },
      },
      () => performance.now(),
    );
    const decoded = async (request: ClipRequest): Promise<string> => {
      const target = new Uint8Array(request.frames * request.cropSize ** 2 * 3);
      const path = join(root, `videos/${request.sample}.mp4`);
      const outcome = await decoder.decode({ path, request, target, signal: NEVER });
      return outcome.kind === 'clip' ? sha256Hex(target) : JSON.stringify(outcome);
    };
    const flickering = new AbortController();
    const flicker = async (): Promise<void> => {
      while (!flickering.signal.aborted) {
        await disk.fail({ operations: ['read'], path: '^videos', errno: 'EIO' });
        await sleep(Math.random() * 2);
        await disk.fail();
        await sleep(Math.random() * 4);
      }
    };
    try {
      const calm: string[] = [];
      for (const request of requests()) {
        calm.push(await decoded(request));
      }
      const flickered = flicker();
      const seen = { clips: 0, failures: 0 };
      while (seen.clips < 500 || seen.failures < 100) {
        for (const request of requests()) {
          const outcome = await decoded(request);
          if (outcome === calm[request.sample]) {
            seen.clips += 1;
          } else {
            expect(JSON.parse(outcome)).toMatchObject({ kind: 'diskError', code: 'EIO' });
            seen.failures += 1;
          }
        }
      }
      flickering.abort();
      await flickered;
    } finally {
      flickering.abort();
      await decoder.stop();
    }
  });

  test('a video that may not be read ends the reading with its name', async () => {
    const videos = [{ path: join(root, 'videos/0.mp4'), labels: [0] }];
    const loader = await ClipLoader.create({
      videos: { source: 'list.csv', numClasses: 1, videos },
      ...{ decoders: 1, cacheMiB: 0 },
    });
    try {
      await disk.fail({ operations: ['open'], path: '^videos', errno: 'EACCES' });
      const reading = loader.stream([requests().slice(0, 1)], NEVER).next();
      await expect(reading).rejects.toThrow(/videos\/0\.mp4 may not be read/);
    } finally {
      await disk.fail();
      await loader.dispose();
    }
  });

  test('a checkpoint is written over every trouble that passes, whole and with nothing beside it', async () => {
    await mkdir(join(folder, 'run'));
    const { patience, said } = patient();
    const store = new CheckpointStore(join(root, 'run'), 2, null, { patience });
    let iteration = 0;
    for (const errno of PASSING) {
      for (const operations of [['write'], ['fsync'], ['rename'], ['create', 'open', 'lookup']]) {
        iteration += 1;
        const fault = { operations, path: '^run/checkpoints', errno };
        await store.write(checkpointAt(iteration));
        await disk.fail(fault);
        iteration += 1;
        await under(said, [fault], store.write(checkpointAt(iteration)));
        expect((await store.newest())?.reference.iteration).toBe(iteration);
      }
    }
    const read = { operations: ['read', 'opendir'], path: '^run', errno: 'ESTALE' } as const;
    await disk.fail(read);
    expect((await under(said, [read], store.newest()))?.skipped).toEqual([]);
  });

  test('metrics are whole, each once and in order, wherever the writing was broken off', async () => {
    await mkdir(join(folder, 'log'));
    const { patience, said } = patient();
    const path = join(root, 'log/metrics.jsonl');
    const log = await MetricsLog.open(path, { patience });
    let iteration = 0;
    const append = (): void => {
      log.append({ ...STEP, iteration });
      iteration += 1;
    };
    for (const errno of PASSING) {
      for (const operations of [['write'], ['fsync'], ['fsync', 'open']]) {
        append();
        await log.flush();
        const fault = { operations, path: '^log', errno };
        await disk.fail(fault);
        append();
        append();
        await under(said, [fault], log.flush());
      }
    }
    await log.close();
    expect((await readMetrics(path)).map((event) => event.iteration)).toEqual(
      Array.from({ length: iteration }, (_, index) => index),
    );
    expect(await readFile(join(folder, 'log/metrics.jsonl'), 'utf8')).not.toContain('\0');
  });
});
