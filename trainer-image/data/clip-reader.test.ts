import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { Patience } from '../../storage/patience.ts';
import { ClipReader, VideoRefusedError } from './clip-reader.ts';
import type { ClipOutcome } from './decode/clip-decoder.ts';
import { evaluationRequest } from './sampler.ts';

const CLIP: ClipOutcome = { kind: 'clip', isCacheHit: false };
const NO_SIGNAL = new AbortController().signal;
const REQUEST = evaluationRequest({
  ...{ sample: 0, view: 0, temporalViews: 1, spatialViews: 1 },
  ...{ frames: 1, stride: 1, cropSize: 8, shortSide: 8 },
});

function bad(reason: 'DAMAGED' | 'UNREADABLE' = 'UNREADABLE'): ClipOutcome {
  return { kind: 'failed', reason, message: 'Invalid data' };
}

function disk(code: string): ClipOutcome {
  return { kind: 'diskError', code, message: code };
}

const folder = temporaryFolder();
beforeAll(async () => {
  await mkdir(join(folder, 'videos'));
  await writeFile(join(folder, 'videos/other.mp4'), '');
});

/** A reader over a decoder that answers by a script, then with clips; pauses take no time. */
function readerOf(script: readonly ClipOutcome[]): { readonly reader: ClipReader; looks: () => number } {
  let looks = 0;
  const decoder = {
    counters: { clips: 0, cacheHits: 0, failures: 0, restarts: 0, cachedMs: 0, uncachedMs: 0 },
    decode: () => Promise.resolve(script[looks++] ?? CLIP),
    dispose: () => Promise.resolve(),
  };
  const sleep = (ms: number): Promise<void> =>
    ms === 30_000 ? new Promise(() => undefined) : Promise.resolve();
  const patience = new Patience({ sleep, monotonicNow: () => 0, random: () => 0.5 });
  return { reader: new ClipReader({ decoder, patience, sleep }), looks: () => looks };
}

function read(reader: ClipReader, name = 'videos/v.mp4'): Promise<ClipOutcome> {
  return reader.read({
    request: REQUEST,
    path: join(folder, name),
    target: new Uint8Array(8 * 8 * 3),
    signal: NO_SIGNAL,
  });
}

describe('ClipReader', () => {
  test('whatever passes, in whatever order, the clip is the one of a calm day', async () => {
    const passing = fc.constantFrom('EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EMFILE', 'EAGAIN', 'EBUSY');
    await fc.assert(
      fc.asyncProperty(fc.array(passing, { maxLength: 30 }), async (codes) => {
        const { reader, looks } = readerOf(codes.map(disk));
        expect(await read(reader)).toEqual(CLIP);
        expect(looks()).toBe(codes.length + 1);
      }),
    );
  });

  test('a video that is bad at one look and good at the next is good', async () => {
    const { reader } = readerOf([bad(), disk('EIO'), CLIP]);
    expect(await read(reader)).toEqual(CLIP);
  });

  test('a video that is bad at two looks is bad, and needs no second look for that reason again', async () => {
    const { reader, looks } = readerOf([bad(), bad(), bad(), bad('DAMAGED'), bad('DAMAGED')]);
    expect(await read(reader)).toEqual(bad());
    expect(looks()).toBe(2);
    expect(await read(reader)).toEqual(bad());
    expect(looks()).toBe(3);
    expect(await read(reader)).toEqual(bad('DAMAGED'));
    expect(looks()).toBe(5);
  });

  test('a missing video is bad where its folder is not missing, or never was there', async () => {
    for (const name of ['videos/v.mp4', 'nowhere/v.mp4']) {
      const { reader } = readerOf([disk('ENOENT'), disk('ENOENT')]);
      expect(await read(reader, name)).toMatchObject({ kind: 'failed', reason: 'UNREADABLE' });
    }
  });

  test('a missing video of a folder that has vanished is waited for', async () => {
    const gone = join(folder, 'gone');
    await mkdir(gone);
    const { reader, looks } = readerOf([CLIP, ...Array.from({ length: 40 }, () => disk('ENOENT'))]);
    await read(reader, 'gone/v.mp4');
    await rm(gone, { recursive: true });
    expect(await read(reader, 'gone/v.mp4')).toEqual(CLIP);
    expect(looks()).toBe(42);
  });

  test.each(['EACCES', 'EPERM'])('%s ends the reading and names the video', async (code) => {
    const { reader } = readerOf([disk(code)]);
    await expect(read(reader)).rejects.toThrow(VideoRefusedError);
    await expect(read(readerOf([disk(code)]).reader)).rejects.toThrow(/videos\/v\.mp4 may not be read/);
  });
});
