import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { parseKineticsList, readKineticsList } from './kinetics-list.ts';
import { VideoListError } from '../video-list.ts';

const OPTIONS = { root: '/data/videos', numClasses: 16, source: 'train.csv' };
const parse = (
  text: string,
  change: { separator?: string; severalLabels?: boolean; numClasses?: number } = {},
): ReturnType<typeof parseKineticsList> => parseKineticsList(text, { ...OPTIONS, ...change });

describe('a Kinetics list', () => {
  test('holds a path and a label a line; relative paths start at the root', () => {
    expect(parse('a/b.mp4 3\n/elsewhere/c.mp4 15\n')).toEqual({
      source: 'train.csv',
      numClasses: 16,
      videos: [
        { path: '/data/videos/a/b.mp4', labels: [3] },
        { path: '/elsewhere/c.mp4', labels: [15] },
      ],
    });
  });

  test('takes three fields as path, frames and label, one field as class 0', () => {
    expect(parse('a.mp4 250 7\nb.mp4').videos.map(({ labels }) => labels)).toEqual([[7], [0]]);
  });

  test('takes another separator, Windows line ends, a byte order mark and empty lines', () => {
    const list = parse('\uFEFFa b.mp4, 1\r\n\r\nc.mp4,2\r\n', { separator: ',' });
    expect(list.videos).toEqual([
      { path: '/data/videos/a b.mp4', labels: [1] },
      { path: '/data/videos/c.mp4', labels: [2] },
    ]);
  });

  test('takes several classes a video, each once, where the loss does', () => {
    const { videos } = parse('a.mp4 3,0,3\nb.mp4 250 7\nc.mp4 30,1\n', {
      severalLabels: true,
      numClasses: 31,
    });
    expect(videos.map(({ labels }) => labels)).toEqual([[3, 0], [7], [30, 1]]);
  });

  test.each([
    ['a word among classes', 'a.mp4 3,cat', /line 1: the label "cat" is not a whole number/],
    ['a gap among classes', 'a.mp4 3,,4', /line 1: the label "" is not a whole number/],
    ['a class out of range', 'a.mp4 0\nb.mp4 3,16', /line 2: the label 16 is out of range/],
  ])('with several classes a video is refused for %s', (_case, text, message) => {
    expect(() => parse(text, { severalLabels: true })).toThrow(message);
  });

  test.each([
    [
      'several classes where the loss takes one',
      'a.mp4 3,4',
      /line 1: the label "3,4" is a list of classes; set spec.recipe.loss to binary-cross-entropy/,
    ],
    ['a label that is no number', 'a.mp4 0\nb.mp4 cat\n', /line 2: the label "cat" is not a whole number/],
    ['a negative label', 'a.mp4 -1', /line 1: the label "-1" is not a whole number/],
    ['a fraction', 'a.mp4 1.5', /"1\.5" is not a whole number/],
    [
      'a label out of range',
      'a.mp4 16',
      /line 1: the label 16 is out of range: spec.model.numClasses is 16, so labels are 0\.\.15/,
    ],
    [
      'a path with the separator in it',
      'my holiday video.mp4 3',
      /line 1: expected "path label" separated by " ", got 4 fields/,
    ],
    ['another separator than said', 'a.mp4,3', /does the list use another separator/],
    ['no video', '\n\n', /it holds no video/],
  ])('is refused for %s', (_case, text, message) => {
    expect(() => parse(text)).toThrow(VideoListError);
    expect(() => parse(text)).toThrow(message);
  });

  test('names the first lines at fault and counts the others', () => {
    const text = Array.from({ length: 8 }, (_, index) => `v${index}.mp4 x`).join('\n');
    expect(() => parse(text)).toThrow(/line 1: .*line 5: .*; and 3 more lines$/s);
  });

  test('is read from a file, and a missing file is named with what to check', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'val.csv');
    await writeFile(path, 'x.mp4 2\n');
    expect((await readKineticsList(path, OPTIONS)).videos).toEqual([
      { path: '/data/videos/x.mp4', labels: [2] },
    ]);
    const missing = readKineticsList(join(folder, 'none.csv'), OPTIONS);
    await expect(missing).rejects.toThrow(/none\.csv cannot be used: .*ENOENT.*Check spec\.data\.train/);
  });
});
