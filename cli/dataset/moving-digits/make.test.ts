import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { decodeVideo } from '../../../test/support/decode-video.ts';
import { CLASSES } from './classes.ts';
import { DatasetFolderError, findDamage } from './folder.ts';
import { makeMovingDigits, type DatasetProgress, type DatasetSummary } from './make.ts';
import { parseManifest, type Manifest } from './manifest.ts';
import { DatasetOptionError, type MovingDigitsOptions } from './settings.ts';
import { DatasetWorkerError } from './worker-pool.ts';

const SMALL = { train: 34, val: 16, test: 16, seed: 5, size: 48 };
const TOTAL = 66;
const never = new AbortController().signal;
const silent = (): undefined => undefined;

const root = temporaryFolder();
let complete: MovingDigitsOptions;
let summary: DatasetSummary;
const heard: DatasetProgress[] = [];

beforeAll(async () => {
  complete = { ...SMALL, output: join(root, 'complete') };
  summary = await makeMovingDigits(complete, (progress) => heard.push(progress), never);
});

const readManifest = async (directory: string): Promise<Manifest> =>
  parseManifest(await readFile(join(directory, 'manifest.json'), 'utf8'));

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

describe('a new dataset', () => {
  test('is summed up, with progress video by video', () => {
    expect(summary).toMatchObject({ videos: { train: 34, val: 16, test: 16 }, made: TOTAL });
    expect(heard.map(({ finished }) => finished)).toEqual(
      Array.from({ length: TOTAL }, (_, index) => index + 1),
    );
    expect(heard.at(-1)).toEqual({ finished: TOTAL, total: TOTAL, made: TOTAL });
  });

  test('has lists in the form of Kinetics whose labels agree with folder, class file and manifest', async () => {
    const names = (await readFile(summary.classes, 'utf8')).trimEnd().split('\n');
    expect(names).toEqual(CLASSES.map(({ digit, direction }) => `${digit}-${direction}`));
    const { videos } = await readManifest(summary.directory);
    for (const split of ['train', 'val', 'test'] as const) {
      const lines = (await readFile(summary.lists[split], 'utf8')).trimEnd().split('\n');
      expect(lines).toHaveLength(SMALL[split]);
      for (const line of lines) {
        const [path, label] = line.split(' ');
        expect(path?.split('/').slice(0, 3)).toEqual(['videos', split, names[Number(label)]]);
        expect(videos.find((video) => video.path === path)?.label).toBe(Number(label));
      }
    }
  });

  test('holds nothing but what the manifest lists, with the hashes it lists', async () => {
    const { videos, files } = await readManifest(summary.directory);
    const listed = [...videos, ...files].map(({ path }) => join('/complete', path));
    expect((await filesBelow(summary.directory)).sort()).toEqual(
      [...listed, '/complete/manifest.json'].sort(),
    );
    expect(await findDamage(summary.directory, [...videos, ...files])).toEqual([]);
    expect(videos.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(summary.bytes);
  });

  test('has no handwriting and no photo in two splits', async () => {
    const { videos } = await readManifest(summary.directory);
    const splitsOf = new Map<string, Set<string>>();
    for (const { split, label, instance, photo } of videos) {
      for (const source of [`digit ${CLASSES[label]!.digit} no. ${instance}`, photo]) {
        splitsOf.set(source, (splitsOf.get(source) ?? new Set()).add(split));
      }
    }
    expect(splitsOf.size).toBeGreaterThan(30);
    expect([...splitsOf].filter(([, splits]) => splits.size > 1)).toEqual([]);
  });

  test('names its sources with version and licence', async () => {
    const { sources } = await readManifest(summary.directory);
    expect(sources.map(({ package: name }) => name)).toEqual(['mnist', '@pmndrs/assets']);
    for (const { version, licence } of sources) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(licence).not.toBe('');
    }
  });

  test('is made of H.264 videos of 40 frames at 30 per second that decode', async () => {
    for (const path of ['videos/train/0-left/0000.mp4', 'videos/test/7-down/0015.mp4']) {
      const video = await decodeVideo(join(summary.directory, path));
      expect(video).toMatchObject({ codec: 'h264', width: 48, height: 48, keyFrames: [0, 8, 16, 24, 32] });
      expect(video.frames).toHaveLength(40);
      expect(video.times.at(-1)).toBeCloseTo(39 / 30, 6);
    }
  });
});

describe('made again', () => {
  test('with the same settings elsewhere, every byte is the same, whatever the number of workers', async () => {
    const again = await makeMovingDigits(
      { ...SMALL, output: join(root, 'again'), workers: 1 },
      silent,
      never,
    );
    expect(await readFile(join(again.directory, 'manifest.json'), 'utf8')).toBe(
      await readFile(join(summary.directory, 'manifest.json'), 'utf8'),
    );
  });

  test('in a complete folder, nothing is written', async () => {
    const times = async (): Promise<number[]> =>
      Promise.all(
        (await filesBelow(summary.directory)).map(async (file) => (await stat(join(root, file))).mtimeMs),
      );
    const before = await times();
    expect(await makeMovingDigits(complete, silent, never)).toEqual({ ...summary, made: 0 });
    expect(await times()).toEqual(before);
  });

  test('after an interruption, only the rest is made, and the result is the same', async () => {
    const options = { ...SMALL, output: join(root, 'interrupted') };
    const controller = new AbortController();
    const stopEarly = ({ finished }: DatasetProgress): void => {
      if (finished === 20) {
        controller.abort(new Error('stopped by the test'));
      }
    };
    await expect(makeMovingDigits(options, stopEarly, controller.signal)).rejects.toThrow(
      'stopped by the test',
    );
    expect(await readdir(options.output)).not.toContain('manifest.json');

    const rest = await makeMovingDigits(options, silent, never);
    expect(rest.made).toBeGreaterThan(0);
    expect(rest.made).toBeLessThanOrEqual(TOTAL - 20);
    expect((await readManifest(options.output)).videos).toEqual(
      (await readManifest(summary.directory)).videos,
    );
    expect((await readdir(options.output)).sort()).toEqual((await readdir(summary.directory)).sort());
  });

  test('after damage, the damaged and the missing file are made anew', async () => {
    const options = { ...SMALL, train: 1, val: 1, output: join(root, 'damaged') };
    await makeMovingDigits(options, silent, never);
    const { videos, files } = await readManifest(options.output);
    await truncate(join(options.output, videos[3]!.path), 1000);
    await rm(join(options.output, videos[5]!.path));
    await rm(join(options.output, 'val.csv'));
    expect((await makeMovingDigits(options, silent, never)).made).toBe(2);
    expect(await findDamage(options.output, [...videos, ...files])).toEqual([]);
  });
});

describe('what is refused', () => {
  test('is a folder with a dataset of other settings, and it stays as it is', async () => {
    const making = makeMovingDigits({ ...complete, seed: 6 }, silent, never);
    await expect(making).rejects.toThrow(DatasetFolderError);
    await expect(making).rejects.toThrow(/holds a dataset with other settings.*"seed":5.*"seed":6/);
    expect((await makeMovingDigits(complete, silent, never)).made).toBe(0);
  });

  test('is a folder with other things in it', async () => {
    const output = join(root, 'foreign');
    await mkdir(output);
    await writeFile(join(output, 'thesis.tex'), '');
    const making = makeMovingDigits({ ...SMALL, output }, silent, never);
    await expect(making).rejects.toThrow(/foreign is not empty \(thesis\.tex\) and holds no dataset/);
    expect(await readdir(output)).toEqual(['thesis.tex']);
  });

  test('is a manifest that is none of ours', async () => {
    const output = join(root, 'strange');
    await mkdir(output);
    await writeFile(join(output, 'manifest.json'), '{"name": "web app"}');
    await expect(makeMovingDigits({ ...SMALL, output }, silent, never)).rejects.toThrow(
      /has a manifest\.json that is none of this dataset's/,
    );
  });

  test.each<[string, Partial<MovingDigitsOptions>, RegExp]>([
    ['no training videos', { train: 0 }, /--train must be an integer in 1\.\.1000000, got 0/],
    ['half a seed', { seed: 0.5 }, /--seed must be an integer/],
    ['an odd size', { size: 81 }, /--size must be even, e\.g\. 80 or 82/],
    ['a size that no handwriting fits', { size: 8 }, /--size must be an integer in 32\.\.512/],
    ['no worker', { workers: 0 }, /--workers must be an integer in 1\.\.64/],
  ])('is %s', async (_case, change, message) => {
    const making = makeMovingDigits({ ...SMALL, output: join(root, 'never'), ...change }, silent, never);
    await expect(making).rejects.toThrow(DatasetOptionError);
    await expect(making).rejects.toThrow(message);
    expect(await readdir(root)).not.toContain('never');
  });

  test('is a folder that cannot take the videos, with the reason of the worker', async () => {
    const output = join(root, 'blocked');
    const controller = new AbortController();
    controller.abort(new Error('claim only'));
    await expect(makeMovingDigits({ ...SMALL, output }, silent, controller.signal)).rejects.toThrow(
      'claim only',
    );
    await writeFile(join(output, 'videos'), 'a file where a folder must be');
    const making = makeMovingDigits({ ...SMALL, output }, silent, never);
    await expect(making).rejects.toThrow(DatasetWorkerError);
    await expect(making).rejects.toThrow(/ENOTDIR.*run the same command again to continue/);
  });
});
