/**
 * Every picture of every format against the `ffmpeg` command, byte for byte. Runs where the command is installed (CI
 * installs it); elsewhere the tests are skipped and say so.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { numbersOf } from '../../../test/support/numbered-video.ts';
import type { ClipGeometry } from '../clip-request.ts';
import { ClipMaker } from './clip-maker.ts';
import { VideoFile } from './video-file.ts';
import { DEFAULT_LIMITS } from './video-limits.ts';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
const withFfmpeg = hasFfmpeg ? describe : describe.skip;
const folder = temporaryFolder();
const SOURCE = ['-f', 'lavfi', '-i', 'testsrc2=s=96x72:r=30:d=1'];
Log.setLevel(AV_LOG_QUIET);

function ffmpeg(...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...args], {
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) {
    throw new Error(`ffmpeg ${args.join(' ')}: ${stderr.toString()}`);
  }
  return stdout;
}

function allPictures(path: string): Buffer {
  const file = VideoFile.open(path, DEFAULT_LIMITS);
  const pictures: Buffer[] = [];
  try {
    while (file.next()) {
      expect(file.isDamaged).toBe(false);
      const picture = Buffer.alloc(file.size.width * file.size.height * 3);
      file.copyTo(picture, 0);
      pictures.push(picture);
    }
  } finally {
    file.close();
  }
  return Buffer.concat(pictures);
}

const CLIP: ClipGeometry = {
  frames: 6,
  stride: 2,
  temporalDraw: 0,
  cropSize: 64,
  shortSide: 72,
  crop: { kind: 'random', xDraw: 0.3, yDraw: 0.6 },
  changes: [],
};

withFfmpeg('pictures (compared with the ffmpeg command)', () => {
  test.each<[string, string, string[]]>([
    ['H.264 with B-frames', 'b.mp4', ['-c:v', 'libx264', '-bf', '3', '-g', '12', '-pix_fmt', 'yuv420p']],
    ['H.264 of BT.709', '709.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-colorspace', 'bt709']],
    ['H.264 of full range', 'full.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuvj420p', '-color_range', 'pc']],
    [
      'H.264 4:4:4 with odd sides',
      'odd.mp4',
      ['-vf', 'scale=97:73', '-c:v', 'libx264', '-pix_fmt', 'yuv444p'],
    ],
    [
      'HEVC with 10 bits',
      '10.mp4',
      ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p10le'],
    ],
    ['VP9 in WebM', 'vp9.webm', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-b:v', '300k']],
    ['H.264 in Matroska', 'h264.mkv', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p']],
    ['H.264 in a transport stream', 'h264.ts', ['-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv420p']],
    [
      'fragmented MP4',
      'frag.mp4',
      ['-c:v', 'libx264', '-movflags', 'frag_keyframe+empty_moov', '-pix_fmt', 'yuv420p'],
    ],
    ['MPEG-4 in AVI', 'mpeg4.avi', ['-c:v', 'mpeg4', '-bf', '2']],
    ['H.264 without a container', 'raw.h264', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p']],
  ])('%s: every byte is the same, and clips do not depend on the cache', (_name, file, options) => {
    const path = join(folder, file);
    ffmpeg(...SOURCE, ...options, path);
    const wanted = ffmpeg('-i', path, '-vsync', 'passthrough', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-');
    expect(wanted.length).toBe(allPictures(path).length);
    expect(Buffer.compare(allPictures(path), wanted)).toBe(0);

    const [cached, streamed] = [2 ** 26, 0].map(
      (cacheBytes) =>
        new ClipMaker({ cacheBytes, limits: DEFAULT_LIMITS, targetFps: 30, pictures: 'video-file' as const }),
    );
    for (const temporalDraw of [0, 0.3, 0.55, 0.9, 0.999]) {
      const [a, b] = [cached!, streamed!].map((maker) => {
        const target = new Uint8Array(6 * 64 * 64 * 3);
        maker.make(path, { ...CLIP, temporalDraw }, target);
        return target;
      });
      expect(Buffer.compare(a!, b!)).toBe(0);
    }
  });

  test('turned by metadata, as the command turns it', () => {
    const [plain, turned] = [join(folder, 'plain.mp4'), join(folder, 'turned.mp4')];
    ffmpeg(...SOURCE, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', plain);
    for (const degrees of ['90', '180', '270']) {
      ffmpeg('-i', plain, '-c', 'copy', '-metadata:s:v:0', `rotate=${degrees}`, turned);
      const wanted = ffmpeg(
        '-i',
        turned,
        '-vsync',
        'passthrough',
        '-pix_fmt',
        'rgb24',
        '-f',
        'rawvideo',
        '-',
      );
      expect(Buffer.compare(allPictures(turned), wanted)).toBe(0);
    }
  });

  test('a song with a cover is no video', () => {
    const [cover, song] = [join(folder, 'cover.png'), join(folder, 'song.m4a')];
    ffmpeg(...SOURCE, '-frames:v', '1', cover);
    const sound = ['-f', 'lavfi', '-i', 'sine=d=1'];
    ffmpeg(
      ...sound,
      '-i',
      cover,
      '-map',
      '0',
      '-map',
      '1',
      '-c:v',
      'copy',
      '-disposition:v',
      'attached_pic',
      song,
    );
    expect(() => VideoFile.open(song, DEFAULT_LIMITS)).toThrow('the file has no video track');
  });

  test('a video with sound gives the same pictures as without', () => {
    const [silent, loud] = [join(folder, 'silent.mp4'), join(folder, 'loud.mp4')];
    ffmpeg(...SOURCE, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', silent);
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', '-i', silent, '-c:v', 'copy', loud);
    expect(Buffer.compare(allPictures(loud), allPictures(silent))).toBe(0);
  });

  test('a video of varying frame rate is sampled by time', () => {
    const path = join(folder, 'vfr.mp4');
    // One stripe that shows the second: black, then white; the second half has a third of the frames.
    const half = (colour: string): string => `color=${colour}:s=64x64:r=30:d=1`;
    const select = "[0][1]concat=n=2,select='lt(n,30)+not(mod(n,3))'";
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      half('black'),
      '-f',
      'lavfi',
      '-i',
      half('white'),
      '-filter_complex',
      select,
      '-vsync',
      'vfr',
      '-c:v',
      'libx264',
      '-bf',
      '0',
      '-pix_fmt',
      'yuv420p',
      path,
    );
    const maker = new ClipMaker({
      cacheBytes: 0,
      limits: DEFAULT_LIMITS,
      targetFps: 30,
      pictures: 'video-file' as const,
    });
    const target = new Uint8Array(16 * 64 * 64 * 3);
    maker.make(
      path,
      { ...CLIP, frames: 16, stride: 4, shortSide: 64, crop: { kind: 'uniform', index: 1 } },
      target,
    );
    const isWhite = numbersOf(target, 64).map((number) => number === 255);
    // Three quarters of the frames are black, but only half of the time.
    expect(Math.abs(isWhite.filter(Boolean).length - 8)).toBeLessThanOrEqual(1);
  });
});

if (!hasFfmpeg) {
  test.skip('pictures are not compared: the ffmpeg command is not installed', () => undefined);
}
