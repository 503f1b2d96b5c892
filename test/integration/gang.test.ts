/** Two jobs that do not fit into a cluster together, with its real scheduler and Job controller. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { textAt } from '../../multigrid/json/fields.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import type { JobProbe } from '../support/cluster/cluster-job.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
/** Of 32 cores that the only node has: four workers find a place. */
const workers = { replicas: 3, resources: { requests: { cpu: '8' } } };
const runPolicy = { preRunningDeadlineSeconds: 6 };

describeIfPossible('two jobs of three workers where four find a place', () => {
  let place: JobCluster;

  beforeAll(async () => {
    place = await JobCluster.start(1);
    place.startOperator();
  });

  afterAll(() => place.down());

  async function placed(job: JobProbe): Promise<number> {
    return (await job.pods()).filter((pod) => textAt(pod, 'spec', 'nodeName') !== null).length;
  }

  /** Whichever has all its workers first. */
  function winnerOf(jobs: readonly JobProbe[]): Promise<JobProbe> {
    return waitUntil(
      async () => {
        for (const job of jobs) {
          if ((await placed(job)) === 3) {
            return job;
          }
        }
        return null;
      },
      { what: 'one of the jobs to have all its workers', timeoutMs: 240_000, periodMs: 300 },
    );
  }

  test('one trains, the other gives its place up again and again, and trains when the first is gone', async () => {
    const jobs = await Promise.all([0, 1].map(() => place.createJob({ workers, runPolicy })));
    const winner = await winnerOf(jobs);
    const loser = jobs.find((job) => job !== winner);
    if (loser === undefined) {
      throw new Error('there are two jobs');
    }
    // So that its own deadline for starting does not end it: nobody trains here.
    await winner.report({ state: 'Training' });
    await loser.shows('Stalled=True WorkersReleased');
    // Two where each job got two of the four places first; then, as long as the other one trains, at most one.
    await waitUntil(
      async () =>
        /[01] of 3 workers placed: .*Insufficient cpu/.test(await loser.messageOf('Stalled')) ? true : null,
      { what: 'the job to say that it has at most one place', timeoutMs: 240_000, periodMs: 300 },
    );
    await waitUntil(async () => ((await placed(loser)) === 0 ? true : null), {
      ...{ what: 'the places to be free', timeoutMs: 120_000, periodMs: 300 },
    });
    expect(await placed(winner)).toBe(3);
    await winner.remove();
    expect(await winnerOf([loser])).toBe(loser);
  });
});
