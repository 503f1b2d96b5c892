import { expect, test } from '@jest/globals';
import type { Progress } from '../../../multigrid/progress.ts';
import { makeProgress, makeStoredJob } from '../../../test/support/run/jobs.ts';
import type { JobLink } from '../../link/job-link.ts';
import { sayOutputInUse } from './output-in-use.ts';

test('a folder in use is said with the holder, again and again, until the wait is over', async () => {
  const said: Progress[] = [];
  const lastCheckpoint = { path: 'checkpoints/iteration-00000010.safetensors', iteration: 10, epoch: 1 };
  const link: Pick<JobLink, 'job' | 'report'> = {
    job: () =>
      Promise.resolve({ ...makeStoredJob(), status: { progress: makeProgress({ lastCheckpoint }) } }),
    report: (progress) => {
      said.push(progress);
      return Promise.resolve();
    },
  };
  const over = new AbortController();
  const sleep = (): Promise<void> => {
    if (said.length === 3) {
      over.abort();
    }
    return over.signal.aborted ? Promise.reject(new Error('aborted')) : Promise.resolve();
  };
  const holder = { description: 'process 7 on train-0-abc of job team-a/train (uid a-1)', job: null };
  await sayOutputInUse(link, holder, { wallClock: () => new Date(0), sleep }, over.signal);
  expect(said).toHaveLength(3);
  for (const progress of said) {
    expect(progress).toMatchObject({
      state: 'Preparing',
      lastCheckpoint,
      failure: null,
      trouble: { reason: 'OutputInUse', message: expect.stringContaining(holder.description) },
    });
  }
});
