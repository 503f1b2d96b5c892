import { describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { directiveFor } from '../../multigrid/directive.ts';
import { JobFile } from '../../job-store/job-file.ts';
import { JobFileMissingError } from '../../multigrid/object/object-errors.ts';
import { LockTimeoutError } from '../../job-store/lock-errors.ts';
import { makePlan, makeProgress, makeStoredJob } from '../../test/support/run/jobs.ts';
import { FileJobLink } from './file-job-link.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';

const plan = makePlan(3);
const directive = (generation: number, phase = 0) =>
  directiveFor(plan, phase, { generation, workers: 1, microBatch: 0 });
const never = new AbortController().signal;

interface Scene {
  readonly folder: string;
  readonly file: JobFile;
  readonly link: FileJobLink;
  readonly errors: unknown[];
}

async function withLink(work: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  const file = new JobFile(folder, nodeEffects);
  await file.create(makeStoredJob('linked'));
  const errors: unknown[] = [];
  const link = await FileJobLink.open({
    folder,
    effects: nodeEffects,
    onError: (error) => {
      errors.push(error);
    },
  });
  await work({ folder, file, link, errors });
  await link.close();
  expect(await readdir(folder)).toEqual(['job.yaml']);
}

describe("the trainer's link through a file", () => {
  test('knows its name and gives the object as it is', async () => {
    await withLink(async ({ link, file }) => {
      expect(link.name).toBe('linked');
      expect(await link.job()).toEqual(await file.read());
    });
  });

  test('waits for the plan until the operator has written it', async () => {
    await withLink(async ({ link, file }) => {
      const waiting = link.plan();
      await file.patch({ writer: 'operator', status: { restarts: 0 } });
      await file.patch({ writer: 'operator', status: { plan, directive: directive(1) } });
      expect(await waiting).toEqual(plan);
      expect(link.directive()).toEqual(directive(1));
    });
  });

  test('gives the next directive when it comes and null when its time is over', async () => {
    await withLink(async ({ link, file }) => {
      await file.patch({ writer: 'operator', status: { plan, directive: directive(1) } });
      expect(await link.nextDirective(0, 60_000, never)).toEqual(directive(1));
      expect(await link.nextDirective(1, 30, never)).toBeNull();
      const waiting = link.nextDirective(1, 60_000, never);
      await file.patch({ writer: 'operator', status: { directive: directive(2, 1) } });
      expect(await waiting).toEqual(directive(2, 1));
    });
  });

  test('stops waiting with the reason of the one who asked it to', async () => {
    await withLink(async ({ link }) => {
      const stop = new AbortController();
      const waiting = [link.plan(stop.signal), link.nextDirective(0, 60_000, stop.signal)];
      stop.abort(new Error('SIGTERM'));
      for (const promise of waiting) {
        await expect(promise).rejects.toThrow('SIGTERM');
      }
    });
  });

  test('writes progress and nothing else', async () => {
    await withLink(async ({ link, file }) => {
      const before = await file.patch({ writer: 'operator', status: { plan, restarts: 2 } });
      const progress = makeProgress({ state: 'Waiting' });
      await link.report(progress);
      const { spec, status } = await file.read();
      expect({ spec, status }).toEqual({ spec: before.spec, status: { ...before.status, progress } });
    });
  });

  test('goes by the last sound object while a person has broken the file, and tells of it', async () => {
    await withLink(async ({ link, file, errors }) => {
      const good = await file.patch({ writer: 'operator', status: { plan, directive: directive(1) } });
      await link.plan();
      const broken = await nodeEffects.fs.open(file.path, 'w');
      await broken.writeFile('spec: [');
      await broken.close();
      while (errors.length === 0) {
        await nodeEffects.sleep(10);
      }
      expect(link.directive()).toEqual(directive(1));
      await nodeEffects.fs.unlink(file.path);
      await file.create(good);
      await file.patch({ writer: 'operator', status: { directive: directive(2, 1) } });
      expect(await link.nextDirective(1, 60_000, never)).toEqual(directive(2, 1));
    });
  });

  test('lets a folder have one trainer at a time', async () => {
    await withLink(async ({ folder }) => {
      const second = FileJobLink.open({
        folder,
        effects: nodeEffects,
        onError: () => undefined,
        lockTimeoutMs: 50,
      });
      await expect(second).rejects.toBeInstanceOf(LockTimeoutError);
    });
  });

  test('is not opened where there is no job, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const opening = FileJobLink.open({ folder, effects: nodeEffects, onError: () => undefined });
    await expect(opening).rejects.toBeInstanceOf(JobFileMissingError);
    expect(await readdir(folder)).toEqual([]);
  });
});
