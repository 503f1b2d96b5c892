import { describe, expect, test } from '@jest/globals';
import { directiveFor } from '../../multigrid/directive.ts';
import { makePlan, makeStoredJob } from '../../test/support/run/jobs.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { KnownJob } from './known-job.ts';

const plan = makePlan(3);
const version = (resourceVersion: string, status: NonNullable<StoredJob['status']> = {}): StoredJob => {
  const job = makeStoredJob();
  return { ...job, metadata: { ...job.metadata, resourceVersion }, status };
};
const directive = (generation: number) => directiveFor(plan, 0, { generation, workers: 1, microBatch: 0 });

describe('the known job', () => {
  test('is the newest version, whatever order they come in', async () => {
    const known = new KnownJob();
    const waiting = known.job();
    known.learnIfNewer(version('999', { directive: directive(2) }));
    known.learnIfNewer(version('1000', { directive: directive(3) }));
    known.learnIfNewer(version('998', { directive: directive(1) }));
    expect(known.directive()?.generation).toBe(3);
    expect((await waiting).metadata.resourceVersion).toBe('1000');
  });

  test('lets those who wait for the plan go on when it comes', async () => {
    const known = new KnownJob();
    const waiting = known.plan();
    known.learn(version('1'));
    known.learn(version('2', { plan }));
    expect(await waiting).toEqual(plan);
  });

  test('wakes nobody who was told to stop', async () => {
    const known = new KnownJob();
    const stop = new AbortController();
    const waiting = known.job(stop.signal);
    stop.abort(new Error('SIGTERM'));
    await expect(waiting).rejects.toThrow('SIGTERM');
  });
});
