import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runJob, type RunOutcome } from '../../cli/run/run-job.ts';
import { multigrid } from '../support/command-line.ts';
import { type Manifest, SmallJob } from '../support/small-job.ts';

describe('a run that cannot succeed', () => {
  let job: SmallJob;

  beforeAll(async () => {
    job = await SmallJob.make();
  });

  afterAll(async () => {
    await job.remove();
  });

  async function run(name: string, change: (manifest: Manifest) => void): Promise<RunOutcome> {
    const manifestPath = await job.manifest(`${name}.yaml`, change);
    return runJob({ manifestPath, outputDir: job.output(name), resume: false });
  }

  function failed(outcome: RunOutcome): Extract<RunOutcome, { kind: 'failed' }> {
    if (outcome.kind !== 'failed') {
      throw new Error(`the run ended as ${outcome.kind}`);
    }
    return outcome;
  }

  test('stops at the iteration whose loss is not finite and keeps the last good checkpoint', async () => {
    const outcome = failed(
      await run('nan', ({ spec }) => {
        spec.recipe['learningRate'] = '100000000';
        spec.recipe['warmup'] = { epochs: '4', learningRate: '0.001' };
        spec.checkpoint['everyIterations'] = 1;
      }),
    );
    expect(outcome.reason).toBe('LossNotFinite');
    expect(outcome.message).toMatch(/iteration \d+/);
    expect(outcome.exitCode).toBe(65);
    const saved = await readdir(join(job.output('nan'), 'checkpoints'));
    const newest = saved
      .filter((name) => name.endsWith('.safetensors'))
      .sort()
      .at(-1)!;
    const bytes = await readFile(join(job.output('nan'), 'checkpoints', newest));
    const header = Number(bytes.readBigUInt64LE(0));
    const values = new Float32Array(new Uint8Array(bytes.subarray(8 + header)).buffer);
    expect(values.every((value) => Number.isFinite(value))).toBe(true);
  });

  test('with a few bad videos trains around them and counts them by reason', async () => {
    const list = (await readFile(join(job.folder, 'data', 'train.csv'), 'utf8')).trimEnd().split('\n');
    await writeFile(join(job.folder, 'data', 'empty.mp4'), '');
    await writeFile(join(job.folder, 'data', 'text.mp4'), 'no video at all');
    const whole = await readFile(join(job.folder, 'data', list[0]!.split(' ')[0]!));
    await writeFile(join(job.folder, 'data', 'cut.mp4'), whole.subarray(0, whole.length >> 2));
    const bad = ['empty.mp4 0', 'text.mp4 1', 'cut.mp4 2', 'missing.mp4 3'];
    await writeFile(join(job.folder, 'data', 'some-bad.csv'), [...list, ...bad].join('\n'));
    const outcome = await run('bad', ({ spec }) => {
      spec.data['train'] = 'data/some-bad.csv';
      spec.data.loader['maxBadFraction'] = '0.2';
    });
    expect(outcome.kind).toBe('complete');
    const events = await job.events('bad');
    const reasons = new Set(
      events.filter((event) => event.kind === 'badClip').map(({ path }) => path.split('/').at(-1)),
    );
    expect([...reasons].sort()).toEqual(['cut.mp4', 'empty.mp4', 'missing.mp4', 'text.mp4']);
  });

  test('with too many bad videos fails with the list', async () => {
    const list = (await readFile(join(job.folder, 'data', 'train.csv'), 'utf8')).trimEnd().split('\n');
    const broken = list.map((line, i) => (i % 3 === 0 ? `gone-${i}.mp4 ${line.split(' ').at(-1)}` : line));
    await writeFile(join(job.folder, 'data', 'many-bad.csv'), broken.join('\n'));
    const outcome = failed(
      await run('too-bad', ({ spec }) => {
        spec.data['train'] = 'data/many-bad.csv';
      }),
    );
    expect(outcome.reason).toBe('TooManyBadVideos');
    expect(outcome.message).toContain('gone-');
    expect(outcome.exitCode).toBe(65);
  });

  test.each([
    ['a missing list', 'nowhere.csv', null, 'nowhere.csv'],
    ['an empty list', 'empty.csv', '', 'no video'],
    ['a label out of range', 'range.csv', 'a.mp4 16\n', 'out of range'],
    ['a label that is no number', 'word.csv', 'a.mp4 left\n', 'not a whole number'],
  ])('with %s is refused before anything starts', async (_what, fileName, content, message) => {
    if (content !== null) {
      await writeFile(join(job.folder, 'data', fileName), content);
    }
    const path = await job.manifest(`${fileName}.yaml`, ({ spec }) => {
      spec.data['train'] = `data/${fileName}`;
    });
    const end = await multigrid(['run', '-f', path, '--output', job.output(fileName)], job.folder);
    expect(end.code).not.toBe(0);
    expect(end.stderr).toContain(message);
    expect(end.stderr).not.toContain('    at ');
    await expect(readdir(job.output(fileName))).rejects.toThrow('ENOENT');
  });

  test.each<[string, (manifest: Manifest) => void, RegExp]>([
    [
      'a field that does not exist',
      ({ spec }) => {
        spec.recipe['croppSize'] = 64;
      },
      /croppSize.*cropSize/s,
    ],
    [
      'frames that the network cannot take in one phase',
      ({ spec }) => {
        spec.recipe['frames'] = 12;
      },
      /phase/,
    ],
    [
      'groups larger than the batch',
      ({ spec }) => {
        spec.multigrid = { groupSize: 6 };
      },
      /group/,
    ],
  ])('with %s is refused with the place and what would do', async (what, change, message) => {
    const path = await job.manifest(`${what}.yaml`, change);
    const end = await multigrid(['run', '-f', path, '--output', job.output('refused')], job.folder);
    expect(end.code).not.toBe(0);
    expect(end.stderr).toMatch(message);
  });

  const isRoot = process.getuid?.() === 0;
  (isRoot ? test : test.skip)(
    'on a full disk fails with what to do (mounting a small disk needs root)',
    async () => {
      const disk = join(job.folder, 'disk');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
      try {
        const manifestPath = await job.manifest('full.yaml', ({ spec }) => {
          spec.checkpoint['everyIterations'] = 1;
          spec.checkpoint['keep'] = 20;
        });
        const outcome = failed(await runJob({ manifestPath, outputDir: join(disk, 'run'), resume: false }));
        expect(outcome.reason).toBe('StorageFull');
        expect(outcome.message).toContain('--resume');
        expect(outcome.exitCode).toBe(69);
      } finally {
        execFileSync('umount', [disk]);
      }
    },
  );
});
