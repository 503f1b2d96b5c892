/** A job whose plan an operator before this one has stored in it, on a real API server: it goes on, and is made smaller when nobody looks there. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readJob } from '../../multigrid/api/read-job.ts';
import { valueAt } from '../../multigrid/json/fields.ts';
import { planTraining } from '../../multigrid/plan/plan.ts';
import { asVersion1 } from '../../multigrid/plan/version-1.ts';
import { sha256Hex } from '../../storage/sha256.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { clusterJob } from '../support/cluster/cluster-job.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const PATIENCE = { timeoutMs: 120_000 };

describeIfPossible('a job', () => {
  let place: JobCluster;

  beforeAll(async () => {
    place = await JobCluster.start(1);
    place.startOperator();
  });

  afterAll(() => place.down());

  test('stored with its plan in it by an operator before keeps it there while it has workers, and then beside it', async () => {
    const job = await place.createJob();
    await job.pod();
    // In the form of then, too.
    const spec = readJob(clusterJob(job.name));
    const made = planTraining(spec, 1200, sha256Hex);
    expect(valueAt(await job.child('ControllerRevision'), 'data', 'hash')).toBe(made.hash);
    const plan = asVersion1(made, spec, sha256Hex);
    await place.stopOperator();
    await job.storeAsBefore(plan);
    await job.removeChild('ControllerRevision');
    place.startOperator();
    await job.report({ state: 'Waiting', generation: 1, phase: 0 });
    await waitUntil(async () => ((await job.statusField('directive', 'phase')) === 1 ? true : null), {
      what: 'the second directive',
      seen: () => place.complaints.join('\n'),
      ...PATIENCE,
    });
    expect(await job.statusField('plan')).toEqual(plan);
    expect(await job.statusField('planSummary')).toBeUndefined();
    await job.change({ suspend: true });
    await job.shows('Suspended=True SuspendRequested');
    await waitUntil(async () => ((await job.statusField('plan')) === undefined ? true : null), {
      what: 'the plan to leave the job',
      ...PATIENCE,
    });
    expect(await job.statusField('planSummary', 'hash')).toBe(plan.hash);
    await job.change({ suspend: false });
    await job.pod();
    expect(valueAt(await job.child('ControllerRevision'), 'data')).toEqual(plan);
    expect(await job.statusField('directive', 'phase')).toBe(1);
  });
});
