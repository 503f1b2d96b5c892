import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import {
  turnedClockwise,
  withDamage,
  withIndexInFront,
  withoutFrames,
} from '../../../test/support/mp4-surgery.ts';
import { DiskError } from '../../../storage/trouble.ts';
import { NUMBERED_SIDE, numbersOf, writeNumberedVideo } from '../../../test/support/numbered-video.ts';
import { clipRange, clipSpan, frameIndices } from '../temporal-sampling.ts';
import { writeVideo } from '../../../cli/dataset/video-writer.ts';
import type { ClipGeometry } from '../clip-request.ts';
import { ClipMaker } from './clip-maker.ts';
import { ClipFailure, isWholeFile } from './clip-failure.ts';
import { DEFAULT_LIMITS, type VideoLimits } from './video-limits.ts';

const FRAMES = 60;
const WHOLE: ClipGeometry = {
  frames: 8,
  stride: 4,
  temporalDraw: 0,
  cropSize: NUMBERED_SIDE,
  shortSide: NUMBERED_SIDE,
  crop: { kind: 'uniform', index: 1 },
  changes: [],
};

function makerOf(cacheBytes: number, limits: VideoLimits = DEFAULT_LIMITS): ClipMaker {
  return new ClipMaker({ cacheBytes, limits, targetFps: 30, pictures: 'video-file' as const });
}

function clipOf(maker: ClipMaker, path: string, clip: ClipGeometry): Uint8Array {
  const target = new Uint8Array(clip.frames * clip.cropSize ** 2 * 3);
  maker.make(path, clip, target);
  return target;
}

/** The failure's reason and words; fails the test when there is none. */
function failureOf(maker: ClipMaker, path: string, clip: ClipGeometry = WHOLE): string {
  try {
    clipOf(maker, path, clip);
  } catch (error) {
    if (error instanceof ClipFailure) {
      return `${error.reason}: ${error.message}`;
    }
    throw error;
  }
  throw new Error(`${path} gave a clip`);
}

let folder: string;
let good: string;
let goodBytes: Uint8Array;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  Log.setLevel(AV_LOG_QUIET);
  folder = temporaryFolder();
  good = at('good.mp4');
  await writeNumberedVideo(good, { frames: FRAMES });
  goodBytes = await readFile(good);
});

describe('ClipMaker', () => {
  test('picks exactly the frames of the sampling rule, from the cache and from the file alike', () => {
    const cached = makerOf(2 ** 24);
    const streamed = makerOf(0);
    const draws = fc.record({
      frames: fc.integer({ min: 1, max: 16 }),
      stride: fc.integer({ min: 1, max: 8 }),
      temporalDraw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(draws, (draw) => {
        const clip = { ...WHOLE, ...draw };
        const span = clipSpan(clip.frames, clip.stride, 30, 30);
        const range = clipRange(FRAMES, span, { kind: 'draw', draw: clip.temporalDraw });
        const pixels = clipOf(cached, good, clip);
        expect(numbersOf(pixels, NUMBERED_SIDE)).toEqual([...frameIndices(FRAMES, range, clip.frames)]);
        expect(Buffer.compare(pixels, clipOf(streamed, good, clip))).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  test('says whether the video was in the cache, and keeps no more than fit', async () => {
    const other = at('other.mp4');
    await writeNumberedVideo(other, { frames: FRAMES });
    const target = new Uint8Array(8 * NUMBERED_SIDE ** 2 * 3);
    const maker = makerOf(1.5 * FRAMES * NUMBERED_SIDE ** 2 * 3);
    const hits = [good, good, other, other, good].map((path) => maker.make(path, WHOLE, target));
    expect(hits).toEqual([false, true, false, false, true]);
  });

  test('counts strides at the target rate', async () => {
    const slow = at('slow.mp4');
    await writeNumberedVideo(slow, { frames: 40, fps: 15 });
    // 8 frames, 4 apart at 30 per second, are 16 frames of this video: 0 to 15.
    expect(numbersOf(clipOf(makerOf(0), slow, WHOLE), NUMBERED_SIDE)).toEqual([0, 2, 4, 6, 8, 10, 12, 15]);
  });

  test('repeats the last frame of a video shorter than the clip', async () => {
    const short = at('short.mp4');
    await writeNumberedVideo(short, { frames: 10 });
    for (const maker of [makerOf(0), makerOf(2 ** 24)]) {
      expect(numbersOf(clipOf(maker, short, WHOLE), NUMBERED_SIDE)).toEqual([0, 4, 8, 9, 9, 9, 9, 9]);
    }
  });

  test('crops and scales every frame as asked', () => {
    const clip = { ...WHOLE, cropSize: 32, shortSide: 32 };
    expect(numbersOf(clipOf(makerOf(0), good, clip), 32)).toEqual([0, 4, 8, 13, 17, 22, 26, 31]);
    const mirrored = clipOf(makerOf(0), good, {
      ...clip,
      frames: 1,
      stride: 1,
      temporalDraw: 1.5 / 59,
      changes: ['mirror'],
    });
    // Frame 1 has its lowest bit on the left; mirrored, it is the highest.
    expect(numbersOf(mirrored, 32)).toEqual([128]);
  });

  test('shows a video as its rotation metadata says', async () => {
    const turned = at('turned.mp4');
    await writeFile(turned, turnedClockwise(goodBytes, NUMBERED_SIDE));
    const frame = clipOf(makerOf(0), turned, { ...WHOLE, frames: 1 });
    const upright = clipOf(makerOf(0), good, { ...WHOLE, frames: 1 });
    // Clockwise: the left column becomes the top row.
    for (let index = 0; index < NUMBERED_SIDE; index += 1) {
      const source = (NUMBERED_SIDE - 1 - index) * NUMBERED_SIDE * 3;
      expect([...frame.subarray(3 * index, 3 * index + 3)]).toEqual([
        ...upright.subarray(source, source + 3),
      ]);
    }
  });
});

describe('ClipMaker on files that cannot be used', () => {
  const RIFF_HEADER = Buffer.from(
    'RIFF\x24\x10\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\x10\0\0',
    'latin1',
  );

  test.each<[string, () => Uint8Array, RegExp]>([
    ['an empty file', () => new Uint8Array(0), /^UNREADABLE: Invalid data/],
    ['text', () => Buffer.from('This is no video.\n'.repeat(20)), /^UNREADABLE: Invalid data/],
    [
      'random bytes',
      () => Uint8Array.from({ length: 5000 }, (_, index) => (index * index * 2654435761) >>> 24),
      /^UNREADABLE: /,
    ],
    [
      'a file cut off before its index',
      () => goodBytes.subarray(0, goodBytes.length / 2),
      /^UNREADABLE: Invalid data/,
    ],
    [
      'sound alone',
      () => Buffer.concat([RIFF_HEADER, Buffer.alloc(4096, 7)]),
      /^NO_VIDEO: the file has no video track/,
    ],
    [
      'a track without frames',
      () => withoutFrames(Buffer.from(goodBytes)),
      /^NO_FRAMES: the video track holds no frame/,
    ],
    [
      'a file cut off behind its index',
      () => withIndexInFront(goodBytes).subarray(0, goodBytes.length * 0.5),
      /^TRUNCATED: the video ends after \d+ of its 60 frames; frame 31 was wanted/,
    ],
    [
      'damaged pictures',
      () => withDamage(goodBytes, 0, goodBytes.length),
      /^(DAMAGED: errors while decoding frame|NO_FRAMES: not one picture)/,
    ],
    [
      'an address in place of a video',
      () => Buffer.from('#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n'),
      /^UNREADABLE: /,
    ],
  ])('refuses %s with its reason, again and again', async (name, bytes, message) => {
    const path = at(`${name.replaceAll(' ', '-')}.mp4`);
    await writeFile(path, bytes());
    for (const maker of [makerOf(0), makerOf(2 ** 24)]) {
      expect(failureOf(maker, path)).toMatch(message);
      expect(failureOf(maker, path)).toMatch(message);
    }
  });

  test('leaves the verdict on a missing file to whoever can look at its folder', () => {
    expect(() => failureOf(makerOf(0), at('missing.mp4'))).toThrow(DiskError);
    expect(() => failureOf(makerOf(0), at('missing.mp4'))).toThrow('No such file or directory');
  });

  test('uses the part before a cut and before damage', async () => {
    const cut = at('cut.mp4');
    await writeFile(cut, withIndexInFront(goodBytes).subarray(0, goodBytes.length * 0.6));
    const spoilt = at('spoilt.mp4');
    await writeFile(spoilt, withDamage(goodBytes, 0.7, 60));
    const early = { ...WHOLE, stride: 1 };
    const late = { ...early, temporalDraw: 0.99 };
    for (const [path, reason] of [
      [cut, /^TRUNCATED/],
      [spoilt, /^DAMAGED/],
    ] as const) {
      for (const maker of [makerOf(0), makerOf(2 ** 24)]) {
        expect(numbersOf(clipOf(maker, path, early), NUMBERED_SIDE)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
        expect(
          failureOf(maker, path, reason.source.includes('TRUNC') ? late : { ...early, temporalDraw: 0.75 }),
        ).toMatch(reason);
      }
    }
  });

  test('uses the part behind damage, from the next key frame on', async () => {
    const path = at('healed.mp4');
    await writeFile(path, withDamage(goodBytes, 0.3, 40));
    const clip = { ...WHOLE, stride: 1, temporalDraw: 0.999 };
    for (const maker of [makerOf(0), makerOf(2 ** 24)]) {
      expect(numbersOf(clipOf(maker, path, clip), NUMBERED_SIDE)).toEqual([51, 52, 53, 54, 55, 56, 57, 58]);
    }
  });

  test('refuses pictures that are too large or too small before decoding them', async () => {
    const huge = at('huge.mp4');
    const size = { width: 4128, height: 2304 };
    await writeVideo(huge, [new Uint8Array(size.width * size.height * 3)], {
      ...size,
      fps: 30,
      gop: 1,
      crf: 40,
    });
    expect(failureOf(makerOf(0), huge)).toBe('TOO_LARGE: 4128x2304 is above the limit of 9437184 pixels');
    const tiny = at('tiny.mp4');
    await writeVideo(tiny, [new Uint8Array(4 * 16 * 3)], { width: 16, height: 4, fps: 30, gop: 1, crf: 20 });
    expect(failureOf(makerOf(0), tiny)).toBe('TOO_SMALL: 16x4 is below the smallest side of 8');
  });

  test('gives a clip or a reason for any spoilt file, the same from the cache and from the file', async () => {
    const path = at('mutant.mp4');
    const streamable = withIndexInFront(goodBytes);
    const spoilt = fc.record({
      places: fc.array(
        fc.record({ share: fc.double({ min: 0, max: 0.999, noNaN: true }), byte: fc.nat(255) }),
        {
          minLength: 1,
          maxLength: 30,
        },
      ),
      kept: fc.double({ min: 0.3, max: 1, noNaN: true }),
      temporalDraw: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    const outcomeOf = (maker: ClipMaker, clip: ClipGeometry): string => {
      try {
        return Buffer.from(clipOf(maker, path, clip)).toString('base64');
      } catch (error) {
        if (error instanceof ClipFailure) {
          // Cut off or damaged is a matter of what is met first; either way another draw is tried.
          return isWholeFile(error.reason) ? error.reason : 'not this part';
        }
        throw error;
      }
    };
    await fc.assert(
      fc.asyncProperty(spoilt, async ({ places, kept, temporalDraw }) => {
        const bytes = Buffer.from(streamable.subarray(0, kept * streamable.length));
        places.forEach(({ share, byte }) => {
          bytes[Math.floor(share * bytes.length)] = byte;
        });
        await writeFile(path, bytes);
        const clip = { ...WHOLE, stride: 1, temporalDraw };
        expect(outcomeOf(makerOf(2 ** 24), clip)).toBe(outcomeOf(makerOf(0), clip));
      }),
      { numRuns: 60 },
    );
  });
});
