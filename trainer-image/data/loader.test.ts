import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { writeNumberedVideo } from '../../test/support/numbered-video.ts';
import type { BadClip } from './bad-clips.ts';
import type { ClipBatch, ClipRequest, ClipShape } from './clip-request.ts';
import { epochOrder } from './epoch-order.ts';
import { ClipLoader, type ClipLoaderOptions } from './loader.ts';
import { evaluationRequest, substitute, trainingRequest } from './sampler.ts';
import type { VideoList } from './video-list.ts';
import { MIRROR_HALF } from './augmentation.ts';

const VIDEOS = 12;
const SMALL: ClipShape = {
  frames: 4,
  stride: { min: 1, max: 4 },
  cropSize: 24,
  scale: { min: 26, max: 40 },
  augmentation: MIRROR_HALF,
};
const LARGE: ClipShape = { ...SMALL, frames: 8, cropSize: 48, scale: { min: 50, max: 64 } };
const never = new AbortController().signal;

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  await writeNumberedVideo(at('0.mp4'), { frames: 40 });
  for (let video = 1; video < VIDEOS; video += 1) {
    await copyFile(at('0.mp4'), at(`${video}.mp4`));
  }
  execFileSync('mkfifo', [at('hanging.mp4')]);
  await writeFile(at('bad.mp4'), 'no video');
});

/** Videos of class 0, 1, 2, ...; some of them replaced by other files. */
function listOf(replaced: Readonly<Record<number, string>> = {}, videos = VIDEOS): VideoList {
  const list = Array.from({ length: videos }, (_, index) => ({
    path: at(replaced[index] ?? `${index}.mp4`),
    labels: [index],
  }));
  return { source: 'list.csv', numClasses: videos, videos: list };
}

const open: ClipLoader[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((loader) => loader.dispose()));
});

async function loaderOf(videos: VideoList, change: Partial<ClipLoaderOptions> = {}): Promise<ClipLoader> {
  const loader = await ClipLoader.create({ videos, decoders: 1, cacheMiB: 16, maxBadFraction: 1, ...change });
  open.push(loader);
  return loader;
}

function request(sample: number, epoch = 0, shape = SMALL): ClipRequest {
  return trainingRequest({ seed: 5, epoch, sample, attempt: 0, shape });
}

/** Iterations of one epoch, shapes in turn. */
function* epochOf(
  epoch: number,
  videos = VIDEOS,
  shapes: readonly ClipShape[] = [SMALL, LARGE],
): Generator<ClipRequest[]> {
  const order = epochOrder(5, epoch, videos);
  for (let first = 0; first < videos; first += 3) {
    const shape = shapes[(first / 3) % shapes.length]!;
    yield [...order.subarray(first, first + 3)].map((sample) => request(sample, epoch, shape));
  }
}

interface Seen {
  readonly shape: string;
  readonly samples: readonly (number | null)[];
  readonly labels: readonly (readonly number[])[];
  readonly hash: string;
}

function seen(batch: ClipBatch): Seen {
  const { clips, frames, cropSize, pixels, samples, labels } = batch;
  expect(pixels.length).toBe(clips * frames * cropSize ** 2 * 3);
  const hash = createHash('sha256').update(pixels).digest('hex');
  return { shape: `${clips}x${frames}x${cropSize}`, samples, labels, hash };
}

async function readAll(loader: ClipLoader, batches: Iterable<ClipRequest[]>): Promise<Seen[]> {
  const all: Seen[] = [];
  for await (const batch of loader.stream(batches, never)) {
    all.push(seen(batch));
    batch.release();
  }
  return all;
}

describe('ClipLoader', () => {
  test('gives the same batches in order, whatever the number of decoders, the cache and the prefetch', async () => {
    const settings = [
      { decoders: 1, cacheMiB: 16 },
      { decoders: 3, cacheMiB: 0 },
      { decoders: 2, cacheMiB: 1, prefetchBytes: 1 },
    ];
    const runs = await Promise.all(
      settings.map(async (setting) => {
        const loader = await loaderOf(listOf(), setting);
        return [...(await readAll(loader, epochOf(0))), ...(await readAll(loader, epochOf(1)))];
      }),
    );
    expect(runs[0]!.map(({ shape }) => shape)).toEqual(
      [0, 1].flatMap(() => ['3x4x24', '3x8x48', '3x4x24', '3x8x48']),
    );
    expect(runs[0]!.flatMap(({ samples }) => samples)).toEqual(
      [0, 1].flatMap((epoch) => [...epochOrder(5, epoch, VIDEOS)]),
    );
    expect(runs[0]!.map(({ labels }) => labels.flat())).toEqual(runs[0]!.map(({ samples }) => samples));
    expect(new Set(runs[0]!.map(({ hash }) => hash)).size).toBe(8);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  test('reads no further ahead than its bound, and two batches however large they are', async () => {
    const batchBytes = 3 * 4 * 24 * 24 * 3;
    for (const [prefetchBytes, ahead] of [
      [1, 2],
      [5 * batchBytes, 5],
    ] as const) {
      const loader = await loaderOf(listOf(), { prefetchBytes });
      let read = 0;
      const endless = function* (): Generator<ClipRequest[]> {
        for (; ; read += 1) {
          yield [0, 1, 2].map((sample) => request(sample, read));
        }
      };
      const stream = loader.stream(endless(), never);
      expect(read).toBe(ahead);
      for (let taken = 1; taken <= 4; taken += 1) {
        expect((await stream.next()).done).toBe(false);
        expect(read).toBe(taken + ahead);
      }
      await stream.return(undefined);
    }
  });

  test('uses the memory of released batches again', async () => {
    const loader = await loaderOf(listOf(), { prefetchBytes: 1 });
    const buffers: ArrayBufferLike[] = [];
    for await (const batch of loader.stream(
      [...epochOf(0, VIDEOS, [SMALL]), ...epochOf(1, VIDEOS, [SMALL])],
      never,
    )) {
      buffers.push(batch.pixels.buffer);
      batch.release();
      batch.release();
    }
    expect(buffers).toHaveLength(8);
    // One with the consumer, two ahead.
    expect(new Set(buffers).size).toBeLessThanOrEqual(4);
  });

  test('counts what it did', async () => {
    const loader = await loaderOf(listOf());
    await readAll(loader, epochOf(0));
    await readAll(loader, epochOf(1));
    expect(loader.stats).toMatchObject({
      batches: 8,
      decoders: { clips: 24, cacheHits: 12, failures: 0, restarts: 0 },
    });
    expect(loader.badClips).toEqual([]);
  });

  test('serves several streams, and other lists through the same decoders', async () => {
    const loader = await loaderOf(listOf());
    const other = loader.sharingDecoders(listOf({}, 4));
    const training = loader.stream(epochOf(0), never);
    const first = await training.next();
    const view = {
      frames: 4,
      stride: 2,
      cropSize: 32,
      shortSide: 32,
      view: 0,
      temporalViews: 1,
      spatialViews: 1,
    } as const;
    const evaluation = await readAll(other, [
      [0, 1, 2, 3].map((sample) => evaluationRequest({ ...view, sample })),
    ]);
    expect(evaluation.map(({ labels }) => labels)).toEqual([[[0], [1], [2], [3]]]);
    expect(first.done).toBe(false);
    expect((await training.next()).done).toBe(false);
    await training.return(undefined);
    expect(loader.stats.decoders).toEqual(other.stats.decoders);
  });

  test('an early end and an abort leave it ready for the next stream', async () => {
    const loader = await loaderOf(listOf({ 3: 'hanging.mp4' }));
    const abort = new AbortController();
    const stuck = loader.stream([[request(3)]], abort.signal).next();
    abort.abort(new Error('enough'));
    await expect(stuck).rejects.toThrow('enough');

    const healthy = await loaderOf(listOf());
    for await (const batch of healthy.stream(epochOf(0), never)) {
      expect(batch.clips).toBe(3);
      break;
    }
    expect(await readAll(healthy, epochOf(1))).toHaveLength(4);
  });

  test('ends while clips are pending', async () => {
    const loader = await loaderOf(listOf({ 3: 'hanging.mp4' }));
    const stuck = loader.stream([[request(3)]], never).next();
    const ended = expect(stuck).rejects.toThrow(/closed while clips were still wanted/);
    await loader.dispose();
    await ended;
  });

  test('refuses a batch of no clips, of two shapes, and of a video that is not there', async () => {
    const loader = await loaderOf(listOf());
    const first = (batch: readonly ClipRequest[]): Promise<unknown> => loader.stream([batch], never).next();
    await expect(first([])).rejects.toThrow(/at least one clip request/);
    await expect(first([request(0), request(1, 0, LARGE)])).rejects.toThrow(/one shape, got 4x24 and 8x48/);
    await expect(first([request(99)])).rejects.toThrow(/sample 99 is not in a list of 12 videos/);
  });
});

describe('ClipLoader with bad files', () => {
  test('puts another video in the place of a bad one, the same every time, and says so', async () => {
    const told: BadClip[] = [];
    const list = listOf({ 2: 'bad.mp4' });
    const loader = await loaderOf(list, { onBadClip: (clip) => told.push(clip) });
    const wanted = [0, 1, 2].map((sample) => request(sample));
    const other = substitute(wanted[2]!, 0, VIDEOS);
    const [batch] = await readAll(loader, [wanted]);
    expect(batch!.samples).toEqual([0, 1, other.sample]);
    expect(batch!.labels.flat()).toEqual([0, 1, other.sample]);
    expect(await readAll(await loaderOf(list, { decoders: 2, cacheMiB: 0 }), [wanted])).toEqual([batch]);
    // The substitute is the clip that its own request would have given.
    const [direct] = await readAll(loader, [[...wanted.slice(0, 2), other]]);
    expect(direct!.hash).toBe(batch!.hash);

    const bad = {
      path: at('bad.mp4'),
      reason: 'UNREADABLE',
      message: expect.stringContaining('Invalid data'),
      count: 1,
    };
    expect(loader.badClips).toEqual([bad]);
    expect(told).toEqual([bad]);
  });

  test('replaces a bad substitute too', async () => {
    const substitutes = (epoch: number): number[] =>
      [0, 1].map((trial) => substitute(request(2, epoch), trial, VIDEOS).sample);
    // An epoch in which the second substitute is not the first one again.
    const epoch = [0, 1, 2, 3].find((candidate) => new Set(substitutes(candidate)).size === 2)!;
    const [first, second] = substitutes(epoch);
    const loader = await loaderOf(listOf({ 2: 'bad.mp4', [first!]: 'missing.mp4' }));
    const [batch] = await readAll(loader, [[request(2, epoch)]]);
    expect(batch!.samples).toEqual([second]);
    expect(loader.badClips.map(({ path }) => path)).toEqual([at('bad.mp4'), at('missing.mp4')]);
  });

  test('leaves a bad video out of an evaluation, instead of judging another one twice', async () => {
    const loader = await loaderOf(listOf({ 2: 'bad.mp4' }));
    const views = [1, 2, 3].map((sample) =>
      evaluationRequest({
        ...{ sample, view: 0, temporalViews: 1, spatialViews: 1 as const },
        ...{ frames: 4, stride: 1, cropSize: 24, shortSide: 24 },
      }),
    );
    const [batch] = await readAll(loader, [views]);
    expect(batch!.samples).toEqual([1, null, 3]);
    expect(batch!.labels).toEqual([[1], [], [3]]);
    expect(loader.badClips).toMatchObject([{ path: at('bad.mp4') }]);
  });

  test('fails with the list when too many files are bad', async () => {
    const loader = await loaderOf(listOf({ 0: 'bad.mp4', 1: 'missing.mp4' }), { maxBadFraction: 0.1 });
    const failing = readAll(loader, [[0, 1, 2].map((sample) => request(sample))]);
    await expect(failing).rejects.toThrow(
      /2 of 12 videos \(16\.7 %\) cannot be used, and the limit is 10 %.*bad\.mp4: UNREADABLE.*missing\.mp4: UNREADABLE, No such file/s,
    );
  });

  test('fails when nothing is left to put in place', async () => {
    const loader = await loaderOf(listOf({ 0: 'bad.mp4' }, 1));
    await expect(readAll(loader, [[request(0)]])).rejects.toThrow(
      /no clip could be made from list\.csv:\n.*bad\.mp4/,
    );
  });

  test('replaces a video that hangs its decoder', async () => {
    const loader = await loaderOf(listOf({ 4: 'hanging.mp4' }), { clipTimeoutMs: 2000 });
    const [batch] = await readAll(loader, [[4, 5].map((sample) => request(sample))]);
    expect(batch!.samples).toEqual([substitute(request(4), 0, VIDEOS).sample, 5]);
    expect(loader.badClips).toMatchObject([{ reason: 'TIMEOUT', count: 1 }]);
    expect(loader.stats.decoders.restarts).toBeGreaterThanOrEqual(3);
  });
});
