/**
 * Life and progress of a trainer on a real API server: its lease alone shows that it lives, renewals are no work for the
 * operator, and what trainers may write is exactly that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test as alone } from '@jest/globals';
import { LIFE } from '../../multigrid/contract/timings.ts';
import { textAt } from '../../multigrid/json/fields.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import type { JobProbe } from '../support/cluster/cluster-job.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';
import { sayReady } from '../support/cluster/pod-status.ts';

/** Each test has a namespace of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
jest.setTimeout(600_000);

describeIfPossible('a trainer that renews its lease', () => {
  let place: JobCluster;
  const looks: string[] = [];

  beforeAll(async () => {
    place = await JobCluster.start(1);
    place.startOperator({
      observer: {
        reconcile: (reconcile) => (key) => {
          looks.push(key);
          return reconcile(key);
        },
      },
    });
  });

  afterAll(() => place.down());

  async function training(namespace: string): Promise<JobProbe> {
    const job = await place.createJob({}, await place.admin.namespace(namespace));
    await job.pod();
    await job.report({ state: 'Training', generation: 1, progressedAt: new Date().toISOString() });
    await job.shows('Running=True WorkersReady');
    return job;
  }

  test('is well without a report, and no work for the operator, until its kubelet hears nothing of it', async () => {
    const job = await training('renewing');
    const pod = await job.pod();
    await job.renewLease();
    // The last of what the beginning of a job brings.
    await sleep(5000);
    const versionBefore = textAt(await job.read(), 'metadata', 'resourceVersion');
    const looksAt = (): number => looks.filter((key) => key === 'renewing/first').length;
    const looksBefore = looksAt();
    await sleep(LIFE.renewProbedMs);
    await job.renewLease();
    expect(await job.conditions()).toContain('Running=True WorkersReady');
    expect(textAt(await job.read(), 'metadata', 'resourceVersion')).toBe(versionBefore);
    // One look a minute is for the deadline.
    expect(looksAt() - looksBefore).toBeLessThan(4);
    await sayReady(place.admin, pod, false);
    await job.shows('Stalled=True TrainerSilent');
    expect(await job.conditions()).toContain('Running=Unknown TrainerSilent');
    await job.renewLease();
    await job.shows('Stalled=False Progressing');
    expect(await job.conditions()).toContain('Running=True WorkersReady');
    await job.shows('Stalled=True TrainerSilent');
    await sayReady(place.admin, pod, true);
    await job.shows('Stalled=False Progressing');
    expect(await job.statusField('restarts')).toBeUndefined();
  });

  test('is heard by its reports where somebody took the lease away', async () => {
    const job = await training('without');
    await place.admin.remove('/apis/coordination.k8s.io/v1/namespaces/without/leases/first');
    await sayReady(place.admin, await job.pod(), false);
    for (let spentMs = 0; spentMs < LIFE.silenceMs + LIFE.renewMs; spentMs += LIFE.speakMs) {
      await sleep(LIFE.speakMs);
      await job.report({ state: 'Training', generation: 1, progressedAt: new Date().toISOString() });
    }
    expect(await job.conditions()).toContain('Running=True WorkersReady');
    await job.shows('Stalled=True TrainerSilent');
  });
});
