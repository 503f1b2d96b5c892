/** A job whose plan an operator before this one has stored in it, on a real API server: it goes on, and is made smaller when nobody looks there. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { textAt, valueAt } from '../../multigrid/json/fields.ts';
import { startControlPlane, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { Admin } from '../support/cluster/admin.ts';
import { clusterJob, JobProbe } from '../support/cluster/cluster-job.ts';
import { installCrd } from '../support/cluster/install-crd.ts';
import { TestOperator } from '../support/cluster/test-operator.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const PATIENCE = { timeoutMs: 120_000 };
const isRunning = (pod: unknown): boolean => textAt(pod, 'status', 'phase') === 'Running';

describeIfPossible('a job', () => {
  let cluster: ControlPlane;
  let admin: Admin;
  let operator: TestOperator;

  beforeAll(async () => {
    cluster = await startControlPlane({ fakeNodes: { count: 1 } });
    admin = new Admin(cluster);
    await installCrd(cluster);
    operator = TestOperator.start(cluster);
  });

  afterAll(async () => {
    await operator.stop();
    await admin.close();
    await cluster.down();
  });

  test('stored with its plan in it by an operator before keeps it there while it has workers, and then beside it', async () => {
    const job = await JobProbe.create(admin, await admin.namespace('before'), clusterJob('first'));
    await job.pod(isRunning);
    const plan = valueAt(await job.child('ControllerRevision'), 'data');
    await operator.stop();
    await job.storeAsBefore(plan);
    await job.removeChild('ControllerRevision');
    operator = TestOperator.start(cluster);
    await job.report({ state: 'Waiting', generation: 1, phase: 0 });
    await waitUntil(async () => ((await job.statusField('directive', 'phase')) === 1 ? true : null), {
      what: 'the second directive',
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
    expect(await job.statusField('planSummary', 'hash')).toBe(valueAt(plan, 'hash'));
    await job.change({ suspend: false });
    await job.pod(isRunning);
    expect(valueAt(await job.child('ControllerRevision'), 'data')).toEqual(plan);
    expect(await job.statusField('directive', 'phase')).toBe(1);
  });
});
