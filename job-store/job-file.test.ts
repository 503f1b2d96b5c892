import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { makeManifestSpec, makePlan, makeProgress, makeStoredJob } from '../test/support/run/jobs.ts';
import { MemoryFiles } from '../test/support/run/memory-files.ts';
import { startScript } from '../test/support/run/processes.ts';
import { nodeEffects } from './node-effects.ts';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import type { JobFileEffects, JobFileSystem } from './file-effects.ts';
import { JobFile, type JobPatch } from './job-file.ts';
import { formatJob } from '../multigrid/object/job-text.ts';
import {
  ForeignFieldError,
  JobConflictError,
  JobFileError,
  JobFileExistsError,
  JobFileMissingError,
} from '../multigrid/object/object-errors.ts';
import { LockLostError } from './lock-errors.ts';
import type { LockOwner } from './lock-owner.ts';

const patches: fc.Arbitrary<JobPatch> = fc.oneof(
  fc
    .record({ iteration: fc.nat(5), loss: fc.option(fc.double({ noNaN: true })) })
    .map((change): JobPatch => ({ writer: 'trainer', status: { progress: makeProgress(change) } })),
  fc.option(fc.nat(5)).map((restarts): JobPatch => ({ writer: 'operator', status: { restarts } })),
  fc.nat(3).map((phases): JobPatch => ({ writer: 'operator', status: { plan: makePlan(phases) } })),
  fc.boolean().map((suspend): JobPatch => ({ writer: 'user', spec: makeManifestSpec({ suspend }) })),
);

const SOMEBODY: LockOwner = { pid: 7, host: 'elsewhere', started: '1', token: 'of-somebody' };

async function memoryJob(): Promise<{ files: MemoryFiles; file: JobFile }> {
  const files = new MemoryFiles();
  const file = new JobFile('/run', files.effects());
  await file.create(makeStoredJob());
  return { files, file };
}

async function writeText(fs: JobFileSystem, path: string, text: string): Promise<void> {
  const file = await fs.open(path, 'w');
  await file.writeFile(text);
  await file.close();
}

/** Effects under which `act` happens once, in the middle of the first write that waits for the disk. */
function whileSyncing(files: MemoryFiles, act: (effects: JobFileEffects) => Promise<void>): JobFileEffects {
  const plain = files.effects();
  let isDone = false;
  const open: JobFileSystem['open'] = async (path, flags) => {
    const file = await plain.fs.open(path, flags);
    const sync = async (): Promise<void> => {
      await file.sync();
      if (!isDone && path.endsWith('.tmp')) {
        isDone = true;
        await act(plain);
      }
    };
    return {
      writeFile: (text) => file.writeFile(text),
      sync,
      stat: () => file.stat(),
      close: () => file.close(),
    };
  };
  return { ...plain, fs: { ...plain.fs, open } };
}

/**
 * Real files, and a writer that is frozen for so long, right after it has opened the file that it writes to, that its lock
 * counts as abandoned and `act` has it meanwhile.
 */
function frozenAfterOpening(file: JobFile, act: () => Promise<unknown>): JobFileEffects {
  let isDone = false;
  const open: JobFileSystem['open'] = async (path, flags) => {
    const opened = await nodeEffects.fs.open(path, flags);
    if (!isDone && path === `${file.path}.tmp`) {
      isDone = true;
      await rm(`${file.path}.lock`);
      await act();
    }
    return opened;
  };
  return { ...nodeEffects, fs: { ...nodeEffects.fs, open } };
}

describe('a job file', () => {
  test('holds after any patches what the last writer of each field wrote', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(patches, { maxLength: 12 }), async (sequence) => {
        const { file } = await memoryJob();
        const fields = new Map<string, unknown>([['spec', makeManifestSpec()]]);
        for (const patch of sequence) {
          await file.patch(patch);
          const change = patch.writer === 'user' ? { spec: patch.spec } : patch.status;
          for (const [key, value] of Object.entries(change)) {
            if (value === null) {
              fields.delete(key);
            } else {
              fields.set(key, value);
            }
          }
        }
        const { spec, status } = await file.read();
        expect(new Map(Object.entries({ spec, ...status }))).toEqual(fields);
      }),
    );
  });

  test('grows its version by one with every change and by none without, its generation with the spec only', async () => {
    const { file } = await memoryJob();
    const patch: JobPatch = { writer: 'operator', status: { restarts: 1 } };
    expect((await file.patch(patch)).metadata).toMatchObject({ resourceVersion: '2', generation: 1 });
    expect((await file.patch(patch)).metadata).toMatchObject({ resourceVersion: '2', generation: 1 });
    const changed = await file.patch({ writer: 'user', spec: makeManifestSpec({ suspend: true }) });
    expect(changed.metadata).toMatchObject({ resourceVersion: '3', generation: 2 });
  });

  test('is whole, old or new, whichever operation the disk fails at', async () => {
    const { files: probe, file: probeFile } = await memoryJob();
    const before = probe.operations;
    await probeFile.patch({ writer: 'operator', status: { restarts: 7 } });
    const operations = probe.operations - before;
    expect(operations).toBeGreaterThan(4);

    for (let fault = 1; fault <= operations; fault += 1) {
      const { files, file } = await memoryJob();
      files.failAt = files.operations + fault;
      const outcome = await file.patch({ writer: 'operator', status: { restarts: 7 } }).then(
        () => 'written',
        () => 'refused',
      );
      const { status } = await file.read();
      expect([undefined, 7]).toContain(status?.restarts);
      expect(outcome === 'written' && status?.restarts !== 7).toBe(false);
    }
  });

  test('loses no patch of two processes that write at the same time', async () => {
    const folder = temporaryFolder();
    const file = new JobFile(folder, nodeEffects);
    await file.create(makeStoredJob());
    const roles = ['trainer', 'operator'].map((role) => startScript('patch-job.ts', [folder, role, '200']));
    for (const { ended } of roles) {
      expect(await ended).toEqual({ code: 0, signal: null, stderr: '' });
    }
    const { metadata, status } = await file.read();
    expect(status).toMatchObject({ replicas: 200, progress: { iteration: 200 } });
    // One version for the creation and one for every patch: none went unnoticed.
    expect(metadata.resourceVersion).toBe('401');
  });

  test('counts right when several processes read and write on condition', async () => {
    const folder = temporaryFolder();
    const file = new JobFile(folder, nodeEffects);
    await file.create(makeStoredJob());
    const counters = [1, 2, 3].map(() => startScript('patch-job.ts', [folder, 'counter', '40']));
    await Promise.all(counters.map(({ ended }) => ended));
    expect((await file.read()).status?.restarts).toBe(120);
  });

  test('goes on working after a writer was killed at any moment', async () => {
    const folder = temporaryFolder();
    const file = new JobFile(folder, nodeEffects);
    await file.create(makeStoredJob());
    for (let round = 1; round <= 5; round += 1) {
      const writer = startScript('patch-job.ts', [folder, 'operator', '100000']);
      const seen = (await file.read()).metadata.resourceVersion;
      while ((await file.read()).metadata.resourceVersion === seen) {
        await nodeEffects.sleep(5);
      }
      writer.kill('SIGKILL');
      await writer.ended;
      const progress = makeProgress({ iteration: round });
      expect((await file.patch({ writer: 'trainer', status: { progress } })).status?.progress).toEqual(
        progress,
      );
    }
  });

  test('keeps what a person wrote while another write was on its way to the disk', async () => {
    const { files, file } = await memoryJob();
    const edited = formatJob(makeStoredJob('job', makeManifestSpec({ suspend: true })));
    const late = new JobFile(
      '/run',
      whileSyncing(files, ({ fs }) => writeText(fs, file.path, edited)),
    );
    await late.patch({ writer: 'operator', status: { restarts: 1 } });
    expect(await file.read()).toMatchObject({ spec: { suspend: true }, status: { restarts: 1 } });
  });

  test('of a folder that is away is not missing, and is read again when the folder is back', async () => {
    const parent = temporaryFolder();
    const [folder, away] = [`${parent}/mounted`, `${parent}/away`];
    await mkdir(folder);
    const file = new JobFile(folder, nodeEffects);
    await file.create(makeStoredJob());
    await file.read();
    await rename(folder, away);
    const reading = await file.read().catch((error: unknown) => error);
    expect(reading).toBeInstanceOf(JobFileError);
    expect(reading).not.toBeInstanceOf(JobFileMissingError);
    // An empty folder in its place: what a mount point shows when nothing is mounted there.
    await mkdir(folder);
    await expect(file.read()).rejects.toThrow('its folder has disappeared');
    await rmdir(folder);
    await rename(away, folder);
    await file.read();
    await rm(file.path);
    await expect(file.read()).rejects.toBeInstanceOf(JobFileMissingError);
  });

  test('is not replaced by the half-written file of another writer', async () => {
    const folder = temporaryFolder();
    const file = new JobFile(folder, nodeEffects);
    await file.create(makeStoredJob());
    const late = new JobFile(
      folder,
      frozenAfterOpening(file, async () => {
        await rm(`${file.path}.tmp`);
        await writeText(nodeEffects.fs, `${file.path}.tmp`, 'apiVersion: tr');
      }),
    );
    const patch = late.patch({ writer: 'operator', status: { restarts: 1 } });
    await expect(patch).rejects.toBeInstanceOf(LockLostError);
    expect((await file.read()).status).toBeUndefined();
  });

  test('is not written into by a writer whose lock was taken over with its unfinished file', async () => {
    const folder = temporaryFolder();
    const file = new JobFile(folder, nodeEffects);
    await file.create(makeStoredJob());
    const others = (): Promise<unknown> => file.patch({ writer: 'operator', status: { restarts: 7 } });
    const late = new JobFile(folder, frozenAfterOpening(file, others));
    const patch = late.patch({ writer: 'trainer', status: { progress: makeProgress() } });
    await expect(patch).rejects.toBeInstanceOf(LockLostError);
    expect((await file.read()).status).toEqual({ restarts: 7 });
  });

  test.each<[string, (fs: JobFileSystem, lock: string) => Promise<void>]>([
    ['disappears', (fs, lock) => fs.unlink(lock)],
    ["becomes another's", (fs, lock) => writeText(fs, lock, JSON.stringify(SOMEBODY))],
  ])('says that a write may have been lost when its lock %s meanwhile', async (_how, act) => {
    const { files, file } = await memoryJob();
    const late = new JobFile(
      '/run',
      whileSyncing(files, ({ fs }) => act(fs, `${file.path}.lock`)),
    );
    const patch = late.patch({ writer: 'operator', status: { restarts: 1 } });
    await expect(patch).rejects.toThrow('its lock disappeared while it was held');
  });

  test('stays deleted when a write was on its way as a person deleted it', async () => {
    const { files, file } = await memoryJob();
    const late = new JobFile(
      '/run',
      whileSyncing(files, ({ fs }) => fs.unlink(file.path)),
    );
    const patch = late.patch({ writer: 'operator', status: { restarts: 1 } });
    await expect(patch).rejects.toBeInstanceOf(JobFileMissingError);
    await expect(file.read()).rejects.toBeInstanceOf(JobFileMissingError);
  });

  test('refuses a write on a version that is not the newest', async () => {
    const { file } = await memoryJob();
    const { metadata } = await file.patch({ writer: 'operator', status: { restarts: 1 } });
    await file.patch({ writer: 'trainer', status: { progress: makeProgress() } });
    const late = file.patch(
      { writer: 'operator', status: { restarts: 2 } },
      { resourceVersion: metadata.resourceVersion },
    );
    await expect(late).rejects.toBeInstanceOf(JobConflictError);
  });

  test("refuses to let the operator write the trainer's part", async () => {
    const { file } = await memoryJob();
    const status = { restarts: 1, ...{ progress: makeProgress() } };
    await expect(file.patch({ writer: 'operator', status })).rejects.toBeInstanceOf(ForeignFieldError);
  });

  test('is not created over another one and not read where there is none', async () => {
    const { file } = await memoryJob();
    await expect(file.create(makeStoredJob())).rejects.toBeInstanceOf(JobFileExistsError);
    const none = new JobFile('/nowhere', new MemoryFiles().effects());
    await expect(none.read()).rejects.toBeInstanceOf(JobFileMissingError);
  });

  test.each([
    ['spec: [', 'is not valid YAML'],
    ['kind: Pod', 'apiVersion must be training.multigrid.dev/v1alpha1'],
    [
      'apiVersion: training.multigrid.dev/v1alpha1\nkind: MultigridTrainingJob\nmetadata: {}\nspec: {}',
      'metadata.name must be a name',
    ],
    [
      'apiVersion: training.multigrid.dev/v1alpha1\nkind: MultigridTrainingJob\nmetadata: {name: a}\nspec: {}\nstatus: {plan: {hash: a, phases: [1]}}',
      'status.plan.phases must be a list of phases',
    ],
  ])('says what is wrong with the text %j', async (text, message) => {
    const files = new MemoryFiles();
    const effects = files.effects();
    const file = new JobFile('/run', effects);
    await (await effects.fs.open(file.path, 'w')).writeFile(text);
    await expect(file.read()).rejects.toThrow(message);
    await expect(file.read()).rejects.toBeInstanceOf(JobFileError);
  });
});
