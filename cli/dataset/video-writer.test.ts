import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { decodeVideo } from '../../test/support/decode-video.ts';
import { VideoWriteError, writeVideo, type VideoOptions } from './video-writer.ts';

const OPTIONS: VideoOptions = { width: 48, height: 32, fps: 30, gop: 8, crf: 12 };

/** A grey gradient with a red square that moves two pixels a frame; one buffer, handed out again and again. */
function* movingSquare(count: number, { width, height }: VideoOptions = OPTIONS): Generator<Uint8Array> {
  const pixels = new Uint8Array(width * height * 3);
  for (let frame = 0; frame < count; frame += 1) {
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const isSquare = Math.abs(x - 8 - 2 * frame) < 4 && Math.abs(y - 16) < 4;
        pixels.set(isSquare ? [220, 30, 30] : [2 * x, 2 * x, 2 * x], (y * width + x) * 3);
      }
    }
    yield pixels;
  }
}

function pixelAt(frame: Uint8Array | undefined, x: number, y: number): number[] {
  const start = (y * OPTIONS.width + x) * 3;
  return [...(frame ?? new Uint8Array()).subarray(start, start + 3)];
}

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

describe('writeVideo', () => {
  test('writes H.264 whose frames come back in order, at their times, with key frames every gop', async () => {
    const path = join(folder, 'square.mp4');
    await writeVideo(path, movingSquare(18), OPTIONS);
    const video = await decodeVideo(path);

    expect(video).toMatchObject({ codec: 'h264', width: 48, height: 32, keyFrames: [0, 8, 16] });
    expect(video.times.map((seconds) => Math.round(seconds * 30))).toEqual([...Array(18).keys()]);
    for (const index of [0, 9, 15]) {
      const [red = 0, green = 255, blue = 255] = pixelAt(video.frames[index], 8 + 2 * index, 16);
      expect(red).toBeGreaterThan(180);
      expect(green).toBeLessThan(80);
      expect(blue).toBeLessThan(80);
      expect(Math.abs((pixelAt(video.frames[index], 46, 4)[0] ?? 0) - 92)).toBeLessThan(8);
    }
  });

  test('gives the same bytes for the same frames', async () => {
    const hashes = await Promise.all(
      ['a.mp4', 'b.mp4'].map(async (name) => {
        await writeVideo(join(folder, name), movingSquare(12), OPTIONS);
        return createHash('sha256')
          .update(await readFile(join(folder, name)))
          .digest('hex');
      }),
    );
    expect(hashes[0]).toBe(hashes[1]);
  });

  test.each<[string, Partial<VideoOptions>, Iterable<Uint8Array>, RegExp]>([
    ['an odd width', { width: 47 }, movingSquare(1), /even and at least 2, got 47x32/],
    ['a group of no frames', { gop: 0 }, movingSquare(1), /gop must be integers/],
    ['a quality off the scale', { crf: 60 }, movingSquare(1), /crf must lie in 0\.\.51/],
    ['no frames', {}, [], /no frame to write/],
    ['a frame of another size', {}, [new Uint8Array(5)], /frame 0 has 5 bytes instead of 4608/],
  ])('refuses %s and leaves no file', async (_case, change, frames, message) => {
    const writing = writeVideo(join(folder, 'bad.mp4'), frames, { ...OPTIONS, ...change });
    await expect(writing).rejects.toThrow(VideoWriteError);
    await expect(writing).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
  });

  test('names the file and keeps the cause when the folder is missing', async () => {
    const path = join(folder, 'missing', 'a.mp4');
    await expect(writeVideo(path, movingSquare(2), OPTIONS)).rejects.toMatchObject({
      path,
      message: expect.stringMatching(/No such file/),
      cause: expect.any(Error),
    });
  });

  test('stops with the reason of its signal and leaves no file', async () => {
    const controller = new AbortController();
    function* abortedHalfWay(): Generator<Uint8Array> {
      yield* movingSquare(3);
      controller.abort(new Error('enough'));
      yield* movingSquare(3);
    }
    const writing = writeVideo(join(folder, 'a.mp4'), abortedHalfWay(), {
      ...OPTIONS,
      signal: controller.signal,
    });
    await expect(writing).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
  });
});
