import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { nodeEffects } from './node-effects.ts';
import { makeStoredJob } from '../test/support/run/jobs.ts';
import { startScript } from '../test/support/run/processes.ts';
import type { JobFileEffects } from './file-effects.ts';
import { watchJobFile } from './job-file-watch.ts';
import { JobFile } from './job-file.ts';

/** Watches until `count` replicas are seen; answers with how often it was called. */
async function watchUntil(folder: string, effects: JobFileEffects, count: number): Promise<number> {
  const file = new JobFile(folder, nodeEffects);
  const stop = new AbortController();
  let calls = 0;
  await watchJobFile(
    file,
    effects,
    async () => {
      calls += 1;
      if ((await file.read()).status?.replicas === count) {
        stop.abort();
      }
    },
    stop.signal,
  );
  return calls;
}

describe('watching a job file', () => {
  test.each([
    ['by the notice of the system', nodeEffects],
    [
      'by looking when the system gives no notice',
      {
        ...nodeEffects,
        watch: () => {
          throw new Error('ENOSPC: System limit for number of file watchers reached');
        },
      },
    ],
  ])('sees the last change of another process %s', async (_how, effects) => {
    const folder = temporaryFolder();
    await new JobFile(folder, nodeEffects).create(makeStoredJob());
    const seen = watchUntil(folder, effects, 50);
    const writer = startScript('patch-job.ts', [folder, 'operator', '50']);
    expect(await seen).toBeGreaterThan(0);
    await writer.ended;
  });

  test('calls for what is there at the start, so that nothing written before is missed', async () => {
    const folder = temporaryFolder();
    const file = new JobFile(folder, nodeEffects);
    await file.create(makeStoredJob());
    await file.patch({ writer: 'operator', status: { replicas: 3 } });
    expect(await watchUntil(folder, nodeEffects, 3)).toBe(1);
  });

  test('ends with the error of the one it calls', async () => {
    const folder = temporaryFolder();
    const file = new JobFile(folder, nodeEffects);
    await file.create(makeStoredJob());
    const watching = watchJobFile(
      file,
      nodeEffects,
      () => Promise.reject(new Error('display is gone')),
      new AbortController().signal,
    );
    await expect(watching).rejects.toThrow('display is gone');
  });
});
