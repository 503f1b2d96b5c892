import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test as alone } from '@jest/globals';
import { parse } from 'yaml';
import { findCondition, type StoredJob } from '../../multigrid/object/job-object.ts';
import { type Fault, type FaultDisk, whyNoFaultDisk, withFaultDisk } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { multigrid, type RunningCommand, startMultigrid } from '../support/command-line.ts';
import { type Manifest, SmallJob, timeless } from '../support/small-job.ts';

const why = whyNoFaultDisk();
/** Each test has a disk and a run of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
const describeOnDisk = why === null ? describe : describe.skip;
const PATIENCE_MS = 300_000;
/** Of a job: one has to meet five faults, the others one. */
type Length = 'short' | 'long';

describeOnDisk(`a run on a disk that misbehaves${why === null ? '' : ` (not here: ${why})`}`, () => {
  let job: SmallJob;
  /** What the undisturbed run of each job leaves. */
  const calm = new Map<Length, { readonly trace: readonly unknown[]; readonly model: string }>();

  beforeAll(async () => {
    job = await SmallJob.make();
    const onDiskOnly = ({ spec }: Manifest): void => {
      // Every clip is read from the disk again, and a checkpoint is written often.
      spec.data.loader['cacheMiB'] = 0;
      spec.checkpoint['everyIterations'] = 2;
    };
    await job.manifest('short.yaml', onDiskOnly);
    await job.manifest('long.yaml', (manifest) => {
      onDiskOnly(manifest);
      // Long enough for every fault of a test, however fast the machine.
      manifest.spec.recipe = { ...manifest.spec.recipe, epochs: 18, steps: [0, 12] };
    });
    for (const length of ['short', 'long'] as const) {
      const name = `calm-${length}`;
      await onDisk(name, length, async ({ run }) => {
        const end = await run().ended;
        expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
      });
      calm.set(length, await leftBehind(name));
    }
  });

  afterAll(async () => {
    await job.remove();
  });

  interface Place {
    readonly disk: FaultDisk;
    readonly name: string;
    readonly length: Length;
    readonly run: (...flags: readonly string[]) => RunningCommand;
  }

  /** Shows the job's folder through a disk of its own for one run. */
  function onDisk(name: string, length: Length, work: (place: Place) => Promise<void>): Promise<void> {
    return withFaultDisk(job.folder, (disk) => {
      const { root } = disk;
      const command = ['run', '-f', join(root, `${length}.yaml`), '--output', join(root, 'runs', name)];
      return work({ disk, name, length, run: (...flags) => startMultigrid([...command, ...flags], root) });
    });
  }

  /** What a run leaves that no clock has a part in. */
  async function leftBehind(name: string): Promise<{ trace: readonly unknown[]; model: string }> {
    const model = await readFile(join(job.output(name), 'model.onnx'));
    return {
      trace: timeless(await job.events(name)),
      model: createHash('sha256').update(model).digest('hex'),
    };
  }

  async function stepsOf(name: string): Promise<number> {
    return (await job.losses(name).catch(() => [])).length;
  }

  /** Read past the disk, which may be failing. */
  async function jobOf(name: string): Promise<StoredJob | null> {
    const text = await readFile(join(job.output(name), 'job.yaml'), 'utf8').catch(() => '');
    return text === '' ? null : (parse(text) as StoredJob | null);
  }

  async function stalledBy(name: string): Promise<string | null> {
    const stalled = findCondition((await jobOf(name))?.status?.conditions, 'Stalled');
    return stalled?.status === 'True' ? `${stalled.reason}: ${stalled.message}` : null;
  }

  /** From the next steps on, until the job says that it waits for the disk, and then until it goes on. */
  async function trouble(
    running: RunningCommand,
    { disk, name }: Place,
    ...faults: readonly Fault[]
  ): Promise<string> {
    const before = await stepsOf(name);
    await running.until(`steps after ${before}`, async () => (await stepsOf(name)) >= before + 1);
    await disk.fail(...faults);
    await running.until('Stalled', async () => (await stalledBy(name)) !== null);
    const words = (await stalledBy(name)) ?? '';
    await disk.fail();
    await running.until('the end of Stalled', async () => (await stalledBy(name)) === null);
    return words;
  }

  async function expectCalm(running: RunningCommand, { name, length }: Place): Promise<void> {
    const end = await running.ended;
    expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
    expect(await leftBehind(name)).toEqual(calm.get(length));
    expect((await job.events(name)).filter(({ kind }) => kind === 'badClip')).toEqual([]);
  }

  test('waits for its videos, says so, and ends as on a calm day', () =>
    onDisk('videos', 'long', async (place) => {
      const running = place.run();
      for (const errno of ['EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EMFILE'] as const) {
        const words = await trouble(running, place, {
          operations: errno === 'EIO' ? ['read'] : ['open'],
          path: '^data/.*\\.mp4$',
          errno,
        });
        expect(words).toMatch(/^StorageUnavailable: reading .*\.mp4 fails/);
      }
      await expectCalm(running, place);
    }));

  test('waits for its output folder, says so, and ends as on a calm day', () =>
    onDisk('output', 'long', async (place) => {
      const running = place.run();
      const checkpoints = '^runs/output/checkpoints';
      for (const fault of [
        { operations: ['write'], path: checkpoints, errno: 'EIO' },
        { operations: ['fsync'], path: `${checkpoints}$`, errno: 'ESTALE' },
        { operations: ['rename'], path: checkpoints, errno: 'ETIMEDOUT' },
        { operations: ['create', 'open'], path: checkpoints, errno: 'ENOTCONN' },
        { operations: ['fsync', 'write'], path: '^runs/output/metrics', errno: 'EIO' },
      ] as const) {
        expect(await trouble(running, place, fault)).toMatch(/^StorageUnavailable: writing .*runs\/output/);
      }
      await expectCalm(running, place);
    }));

  test('outlives a disk that is away with everything on it', () =>
    onDisk('away', 'short', async (place) => {
      const { disk } = place;
      const running = place.run();
      await running.until('steps', async () => (await stepsOf('away')) >= 4);
      await disk.crash();
      // Long enough for readers, writers, the lock and the controller to have met the disk.
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      await disk.comeBack();
      await running.until('steps after it', async () => (await stepsOf('away')) >= 8);
      await expectCalm(running, place);
    }));

  test.each([
    ['ENOSPC', 'StorageFull'],
    ['EROFS', 'StorageReadOnly'],
  ] as const)('ends by %s with the reason %s, and goes on in the same folder', (errno, reason) =>
    onDisk(errno, 'short', async (place) => {
      const { disk } = place;
      const running = place.run();
      await running.until('steps', async () => (await stepsOf(errno)) >= 4);
      await disk.fail({ operations: ['create', 'write'], path: `^runs/${errno}/checkpoints`, errno });
      const { code, stdout, stderr } = await running.ended;
      await disk.fail();
      expect({ code, output: stdout + stderr }).toMatchObject({ code: 69 });
      expect(findCondition((await jobOf(errno))?.status?.conditions, 'Failed')).toMatchObject({ reason });
      await expectCalm(place.run('--resume'), place);
      expect(
        (await readdir(join(job.output(errno), 'checkpoints'))).filter((name) => name.endsWith('.part')),
      ).toEqual([]);
    }),
  );

  test('does not mind that old checkpoints cannot be removed, and says it once', () =>
    onDisk('kept', 'short', async (place) => {
      await place.disk.fail({ operations: ['unlink'], path: '^runs/kept/checkpoints', errno: 'EBUSY' });
      await expectCalm(place.run(), place);
      expect((await job.trainerLog('kept')).split('old checkpoints cannot be removed')).toHaveLength(2);
    }));

  test('a data set that does not fit onto its disk is told as what it is', () =>
    withFaultDisk(job.folder, async (disk) => {
      await mkdir(join(job.folder, 'full'));
      await disk.fail({ operations: ['write', 'create'], path: '^full/', errno: 'ENOSPC' });
      const make = ['dataset', 'make', 'moving-digits', '--train', '2', '--val', '2', '--test', '2'];
      const { code, stderr } = await multigrid([...make, '--output', join(disk.root, 'full')], disk.root);
      expect({ code, stderr }).toMatchObject({ code: expect.any(Number) });
      expect(code).toBeGreaterThan(0);
      expect(stderr).not.toContain('internal error');
    }));
});

describe('a run whose videos are away for a while', () => {
  test('goes on when they are back, with no bad video and the trace of a calm day', async () => {
    const job = await SmallJob.make();
    try {
      const manifest = await job.manifest('job.yaml', ({ spec }) => {
        spec.data.loader['cacheMiB'] = 0;
      });
      const runOf = (name: string): readonly string[] => [
        'run',
        '-f',
        manifest,
        '--output',
        job.output(name),
      ];
      expect((await multigrid(runOf('calm'), job.folder)).code).toBe(0);
      const running = startMultigrid(runOf('away'), job.folder);
      await running.until('steps', async () => (await job.losses('away').catch(() => [])).length >= 4);
      const videos = join(job.folder, 'data/videos');
      await rename(videos, `${videos}.gone`);
      const stalled = async (): Promise<string | null> => {
        const text = await readFile(join(job.output('away'), 'job.yaml'), 'utf8');
        return /reason: StorageUnavailable/.exec(text)?.[0] ?? null;
      };
      await waitUntil(stalled, {
        what: 'Stalled by StorageUnavailable',
        timeoutMs: PATIENCE_MS,
        periodMs: 50,
      });
      await rename(`${videos}.gone`, videos);
      const end = await running.ended;
      expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
      const events = await job.events('away');
      expect(events.filter(({ kind }) => kind === 'badClip')).toEqual([]);
      expect(timeless(events)).toEqual(timeless(await job.events('calm')));
      const model = (name: string): Promise<Buffer> => readFile(join(job.output(name), 'model.onnx'));
      expect((await model('away')).equals(await model('calm'))).toBe(true);
    } finally {
      await job.remove();
    }
  });
});
