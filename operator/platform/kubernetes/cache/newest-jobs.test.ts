import { expect, test } from '@jest/globals';
import { JobConflictError } from '../../../../multigrid/object/object-errors.ts';
import { keepJob, type KeptJob } from './kept-job.ts';
import { NewestJobs } from './newest-jobs.ts';

const KEY = { namespace: 'video', name: 'first' };
const objectOf = (resourceVersion: string): object => ({ metadata: { ...KEY, resourceVersion } });
const storedOf = (resourceVersion: string): Parameters<NewestJobs['write']>[0] => ({
  apiVersion: '',
  kind: '',
  metadata: { ...KEY, resourceVersion },
  spec: {},
});

function version(resourceVersion: string): KeptJob {
  const kept = keepJob(objectOf(resourceVersion));
  if (kept === null) {
    throw new TypeError('a job has a name');
  }
  return kept;
}

/** @param newest - what the server has when it is asked */
function newestJobs(newest: () => string): { readonly jobs: NewestJobs; readonly asked: () => number } {
  let asked = 0;
  const jobs = new NewestJobs(() => {
    asked += 1;
    return Promise.resolve(objectOf(newest()));
  });
  return { jobs, asked: () => asked };
}

const unasked = (): string => {
  throw new Error('nobody should ask the server');
};

test('after two quick writes a watch that brings the first of them does not bring back the past', async () => {
  const { jobs } = newestJobs(unasked);
  await jobs.write(storedOf('7'), () => Promise.resolve(version('8')));
  await jobs.write(storedOf('8'), () => Promise.resolve(version('9')));
  for (const [watched, newest] of [
    ['7', '9'],
    ['8', '9'],
    ['9', '9'],
    ['10', '10'],
  ] as const) {
    expect((await jobs.of(version(watched)))?.resourceVersion).toBe(newest);
  }
});

test('versions are compared as numbers, of any length', async () => {
  const { jobs } = newestJobs(unasked);
  await jobs.write(storedOf('99999999999999999999'), () => Promise.resolve(version('100000000000000000000')));
  const kept = await jobs.of(version('99999999999999999999'));
  expect(kept?.resourceVersion).toBe('100000000000000000000');
});

test('after a conflict the server is asked once, and its answer holds against what the watch brings late', async () => {
  const { jobs, asked } = newestJobs(() => '9');
  const conflict = new JobConflictError('video/first', '7', 'a newer one');
  await expect(jobs.write(storedOf('7'), () => Promise.reject(conflict))).rejects.toBe(conflict);
  for (const watched of ['7', '8', '9']) {
    expect((await jobs.of(version(watched)))?.resourceVersion).toBe('9');
  }
  expect(asked()).toBe(1);
});

test('after a conflict nobody is asked when the watch has brought what was in the way', async () => {
  const { jobs, asked } = newestJobs(() => '9');
  const conflict = new JobConflictError('video/first', '7', 'a newer one');
  await expect(jobs.write(storedOf('7'), () => Promise.reject(conflict))).rejects.toBe(conflict);
  expect((await jobs.of(version('8')))?.resourceVersion).toBe('8');
  expect(asked()).toBe(0);
});
