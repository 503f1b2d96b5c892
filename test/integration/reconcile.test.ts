/**
 * The operator on a real API server with the real Job controller and scheduler; pods run on nodes that exist in the API
 * only, and the test says what their trainers do.
 */
import { afterAll, beforeAll, describe, expect, test as alone } from '@jest/globals';
import { listAt, numberAt, textAt, valueAt } from '../../multigrid/json/fields.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { isRunning, JobProbe } from '../support/cluster/cluster-job.ts';
import { endTrainer, giveUp, pathOf } from '../support/cluster/pod-status.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';

/** Each test has a namespace of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const PATIENCE = { timeoutMs: 120_000 };

const nameOf = (object: unknown): string => textAt(object, 'metadata', 'name') ?? '';

describeIfPossible('a job in a cluster', () => {
  let place: JobCluster;

  beforeAll(async () => {
    place = await JobCluster.start(2);
    place.startOperator();
  });

  afterAll(() => place.down());

  async function replaceOperator(): Promise<void> {
    await place.stopOperator();
    place.startOperator();
  }

  test('gets its plan, its children and a pod, and is led from phase to phase to its end', async () => {
    const job = await place.createJob();
    const pod = await job.pod();
    expect(Object.keys(await job.children())).toEqual([
      'ControllerRevision',
      'Job',
      'Lease',
      'NetworkPolicy',
      'Role',
      'RoleBinding',
      'Service',
      'ServiceAccount',
    ]);
    expect(await job.conditions()).toContain('PlanReady=True PlanComputed');
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Running=True WorkersReady');
    expect(await job.statusField('readyReplicas')).toBe(1);
    expect(await job.statusField('replicas')).toBe(1);
    expect(await job.statusField('selector')).toBe('training.multigrid.dev/job-name=first');
    expect(await job.statusField('plan')).toBeUndefined();
    const plan = valueAt(await job.child('ControllerRevision'), 'data');
    const phases = listAt(plan, 'phases').length;
    const summary = { hash: valueAt(plan, 'hash'), phases, clips: 1200 };
    expect(await job.statusField('planSummary')).toMatchObject(summary);
    for (let phase = 0; phase + 1 < phases; phase += 1) {
      await job.report({ state: 'Waiting', generation: phase + 1, phase });
      await waitUntil(
        async () => ((await job.statusField('directive', 'phase')) === phase + 1 ? true : null),
        { what: `the directive of phase ${phase + 1}`, ...PATIENCE },
      );
    }
    await job.report({ state: 'Finished', generation: phases, phase: phases - 1, percent: 100 });
    await endTrainer(place.admin, pod, { exitCode: 0 });
    await job.shows('Complete=True TrainingFinished');
    expect(await job.pods()).toHaveLength(1);
  });

  test('gets back what somebody deletes or changes of what its workers need, and keeps its pod', async () => {
    const job = await place.createJob();
    const pod = await job.pod();
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Running=True WorkersReady');
    const before = await job.children();
    await job.removeChild('RoleBinding');
    await job.removeChild('Service');
    await job.removeChild('Lease');
    const plan = valueAt(await job.child('ControllerRevision'), 'data');
    await job.removeChild('ControllerRevision');
    await job.changeChild('Role', { rules: [] });
    await job.changeChild('NetworkPolicy', {
      metadata: { labels: { 'app.kubernetes.io/managed-by': null } },
    });
    await waitUntil(
      async () => {
        const after = await job.children();
        const role = valueAt(await job.child('Role'), 'rules');
        const label = textAt(
          await job.child('NetworkPolicy'),
          'metadata',
          'labels',
          'app.kubernetes.io/managed-by',
        );
        const isWhole = Object.keys(after).length === Object.keys(before).length;
        return isWhole && Array.isArray(role) && role.length === 4 && label !== null ? true : null;
      },
      { what: 'everything to be put back', ...PATIENCE },
    );
    expect(valueAt(await job.child('ControllerRevision'), 'data')).toEqual(plan);
    expect((await job.pods()).map(nameOf)).toEqual([nameOf(pod)]);
    expect(await job.conditions()).toContain('Running=True WorkersReady');
  });

  test('applied again by kubectl stays as it is', async () => {
    const job = await place.createJob();
    await job.pod();
    const path = new URL('../../examples/quickstart-small.yaml', import.meta.url).pathname;
    await place.cluster.kubectl(['apply', '-f', path]);
    const name = await place.cluster.kubectl(['get', '-f', path, '-o', 'jsonpath={.metadata.name}']);
    const example = new JobProbe(place.admin, 'default', name.trim());
    await example.shows('PlanReady=False VolumesMissing');
    const version = textAt(await example.read(), 'metadata', 'resourceVersion');
    expect(await place.cluster.kubectl(['apply', '-f', path])).toContain('unchanged');
    expect(textAt(await example.read(), 'metadata', 'resourceVersion')).toBe(version);
    expect(await example.pods()).toEqual([]);
    await example.remove();
  });

  test('whose plan must not be run gets no pod, and is planned again when its spec changes', async () => {
    const job = await place.createJob({ data: { clips: 4 } });
    await job.shows('PlanReady=False InvalidPlan');
    expect(await job.messageOf('PlanReady')).toMatch(/phase \d+.*\d+ clips/);
    expect(await job.children()).toEqual({});
    await job.change({ data: { clips: 1200 } });
    await job.shows('PlanReady=True PlanComputed');
    await job.pod();
  });

  test('whose clips nobody knows starts its worker to count them and then follows the plan', async () => {
    const job = await place.createJob({ data: { clips: undefined } });
    await job.pod();
    await job.shows('PlanReady=Unknown CountingClips');
    await job.report({ state: 'Preparing', generation: 0, trainingClips: 1200 });
    await job.shows('PlanReady=True PlanComputed');
    expect(await job.statusField('directive', 'generation')).toBe(1);
    expect(await job.pods()).toHaveLength(1);
    const plan = await waitUntil(async () => job.child('ControllerRevision'), {
      what: 'the plan that the worker waits for',
      ...PATIENCE,
    });
    expect(valueAt(plan, 'data', 'hash')).toBe(await job.statusField('planSummary', 'hash'));
  });

  test('whose counted clips make no plan loses its worker and gets no other', async () => {
    const job = await place.createJob({ data: { clips: undefined } });
    await job.pod();
    await job.report({ state: 'Preparing', generation: 0, trainingClips: 4 });
    await job.shows('PlanReady=False InvalidPlan');
    await waitUntil(async () => ((await job.pods()).length === 0 ? true : null), {
      what: 'the pod to go',
      ...PATIENCE,
    });
    expect(await job.conditions()).toContain('PlanReady=False InvalidPlan');
  });

  test('of another controller is not touched', async () => {
    const job = await place.createJob({ managedBy: 'example.org/other' });
    const ours = await place.createJob();
    await ours.pod();
    expect(valueAt(await job.read(), 'status')).toBeUndefined();
    expect(await job.children()).toEqual({});
  });

  test('that is suspended gives its pod back and goes on when it no longer is', async () => {
    const job = await place.createJob();
    const first = await job.pod();
    await job.report({ state: 'Training', generation: 1, iteration: 7 });
    await job.change({ suspend: true });
    await job.shows('Suspended=True SuspendRequested');
    expect(await job.pods()).toEqual([]);
    await job.change({ suspend: false });
    const second = await job.pod();
    expect(nameOf(second)).not.toBe(nameOf(first));
    await job.report({ state: 'Training', generation: 1, iteration: 7 });
    await job.shows('Running=True WorkersReady');
    expect(await job.statusField('restarts')).toBeUndefined();
  });

  test('whose trainer fails is counted once, replaced, and given up in the end with its last lines', async () => {
    const job = await place.createJob({ runPolicy: { backoffLimit: 1 } });
    const first = await job.pod();
    await endTrainer(place.admin, first, { exitCode: 70, message: 'error: the disk is full' });
    await job.shows('Restarting=True TrainerFailed');
    expect(await job.statusField('restarts')).toBe(1);
    expect(await job.statusField('lastFailure')).toMatchObject({
      pod: nameOf(first),
      container: 'trainer',
      exitCode: 70,
    });
    expect(textAt(await job.statusField('lastFailure'), 'message')).toContain('the disk is full');
    const second = await job.pod((pod) => isRunning(pod) && nameOf(pod) !== nameOf(first));
    await endTrainer(place.admin, second, { exitCode: 70 });
    await job.shows('Failed=True BackoffLimitExceeded');
    const names = (await job.pods()).map(nameOf);
    expect(names).toEqual([nameOf(first), nameOf(second)]);
    // The status is written before anything is done about the workers.
    const isHeld = async () => valueAt(await place.admin.get(job.indexedJobPath), 'spec', 'suspend') === true;
    await waitUntil(async () => ((await isHeld()) ? true : null), { what: 'no third pod', ...PATIENCE });
  });

  test('has on record which of its pods have ended for certain, also when they are gone', async () => {
    const job = await place.createJob();
    const uidOf = (pod: unknown): string => textAt(pod, 'metadata', 'uid') ?? '';
    const recorded = async (): Promise<readonly unknown[]> =>
      listAt(await job.statusField('endedPods')).map((pod) => textAt(pod, 'uid'));
    const first = await job.pod();
    await endTrainer(place.admin, first, { exitCode: 137 });
    const second = await job.pod((pod) => isRunning(pod) && nameOf(pod) !== nameOf(first));
    await waitUntil(async () => ((await recorded()).includes(uidOf(first)) ? true : null), {
      what: 'the end of the first pod on record',
      ...PATIENCE,
    });
    // Given up by the cluster: what runs on its node may still write.
    await giveUp(place.admin, second);
    const third = await job.pod(
      (pod) => isRunning(pod) && ![first, second].some((before) => nameOf(before) === nameOf(pod)),
    );
    await endTrainer(place.admin, third, { exitCode: 143 });
    await place.admin.client.request({ method: 'DELETE', path: pathOf(third) });
    await waitUntil(async () => ((await recorded()).length === 2 ? true : null), {
      what: 'the end of the third pod on record',
      ...PATIENCE,
    });
    expect(await recorded()).toEqual([uidOf(first), uidOf(third)]);
  });

  test('that a restart cannot help fails at once with the reason of the trainer', async () => {
    const job = await place.createJob();
    const pod = await job.pod();
    const failure = { reason: 'DataUnreadable', message: 'train.csv: no such file', retryable: false };
    await job.report({ state: 'Failed', failure });
    await endTrainer(place.admin, pod, { exitCode: 65 });
    await job.shows('Failed=True DataUnreadable');
    expect(await job.pods()).toHaveLength(1);
  });

  test('killed at its memory limit says so and is started again', async () => {
    const job = await place.createJob();
    await endTrainer(place.admin, await job.pod(), { exitCode: 137, reason: 'OOMKilled' });
    await job.shows('Restarting=True OutOfMemory');
    expect(await job.statusField('restarts')).toBe(1);
  });

  test('whose pod had to give way is not counted', async () => {
    const job = await place.createJob();
    const first = await job.pod();
    await endTrainer(place.admin, first, { exitCode: 143, disruption: 'PreemptionByScheduler' });
    await job.shows('Restarting=True Preempted');
    const second = await job.pod((pod) => isRunning(pod) && nameOf(pod) !== nameOf(first));
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Restarting=False Restarted');
    expect(await job.statusField('restarts')).toBeUndefined();
    expect(isRunning(second)).toBe(true);
  });

  test('that ended is deleted when its time to live is over, and all that was made for it', async () => {
    const job = await place.createJob({ runPolicy: { ttlSecondsAfterFinished: 1 } });
    const pod = await job.pod();
    await job.report({ state: 'Finished', percent: 100 });
    await endTrainer(place.admin, pod, { exitCode: 0 });
    await waitUntil(
      async () => {
        const children = Object.keys(await job.children()).length;
        return (await job.read()) === null && children === 0 && (await job.pods()).length === 0 ? true : null;
      },
      { what: 'the job and its children to be gone', ...PATIENCE },
    );
  });

  test('that does not report in time is ended and started again', async () => {
    const job = await place.createJob({ runPolicy: { progressDeadlineSeconds: 3 } });
    const first = await job.pod();
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Stalled=True ProgressDeadlineExceeded');
    expect(await job.statusField('restarts')).toBe(1);
    const killed = await job.pod((pod) => textAt(pod, 'metadata', 'deletionTimestamp') !== null);
    expect(nameOf(killed)).toBe(nameOf(first));
    await endTrainer(place.admin, killed, { exitCode: 137 });
    await job.pod((pod) => isRunning(pod) && nameOf(pod) !== nameOf(first));
    // Again and again, as a trainer does: one report could be three seconds old before a busy machine looks at it.
    await waitUntil(
      async () => {
        await job.report({ state: 'Training', generation: 1 });
        return (await job.conditions()).includes('Stalled=False Progressing') ? true : null;
      },
      { what: 'the job not to be stalled any more', ...PATIENCE },
    );
    expect(await job.statusField('restarts')).toBe(1);
  });

  test('does not take pods for its own because of their labels', async () => {
    const space = await place.namespace();
    const labels = {
      'training.multigrid.dev/job-name': 'first',
      'app.kubernetes.io/managed-by': 'multigrid-operator',
    };
    const containers = [{ name: 'trainer', image: 'trainer:test' }];
    const forged = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'first-0-forged', labels } };
    await place.admin.create(`/api/v1/namespaces/${space}/pods`, { ...forged, spec: { containers } });
    const job = await place.createJob({}, space);
    const own = await job.pod((pod) => isRunning(pod) && nameOf(pod) !== 'first-0-forged');
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Running=True WorkersReady');
    expect(await job.statusField('replicas')).toBe(1);
    await job.change({ suspend: true });
    await job.shows('Suspended=True SuspendRequested');
    expect((await job.pods()).map(nameOf)).toEqual(['first-0-forged']);
    expect(nameOf(own)).not.toBe('first-0-forged');
  });

  test('that is deleted leaves nothing', async () => {
    const job = await place.createJob();
    await job.pod();
    await job.remove();
    await waitUntil(
      async () =>
        Object.keys(await job.children()).length === 0 && (await job.pods()).length === 0 ? true : null,
      { what: 'everything to be gone', ...PATIENCE },
    );
  });

  test('tells its story in events, each once', async () => {
    const job = await place.createJob();
    await job.pod();
    const { namespace: space } = valueAt(await job.read(), 'metadata') as { namespace: string };
    await waitUntil(
      async () => {
        const events = await place.admin.list(`/apis/events.k8s.io/v1/namespaces/${space}/events`);
        return events.some((event) => textAt(event, 'reason') === 'PlanComputed') ? true : null;
      },
      { what: 'the event of the plan', ...PATIENCE },
    );
    const events = await place.admin.list(`/apis/events.k8s.io/v1/namespaces/${space}/events`);
    const planned = events.filter((event) => textAt(event, 'reason') === 'PlanComputed');
    expect(planned).toHaveLength(1);
    expect(numberAt(planned[0], 'series', 'count')).toBeNull();
  });

  // Those before were at once; these two get another operator.
  alone('is not touched again by another look or another operator', async () => {
    const job = await place.createJob();
    await job.pod();
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Running=True WorkersReady');
    // The Job controller writes its counts a second late.
    await waitUntil(
      async () =>
        numberAt(await place.admin.get(job.indexedJobPath), 'status', 'ready') === 1 ? true : null,
      { what: 'the Job to have counted its pod', ...PATIENCE },
    );
    const before = await job.children();
    const version = textAt(await job.read(), 'metadata', 'resourceVersion');
    await replaceOperator();
    // Its own change to another job shows that the new operator has looked at everything.
    const other = await place.createJob();
    await other.pod();
    expect(await job.children()).toEqual(before);
    expect(textAt(await job.read(), 'metadata', 'resourceVersion')).toBe(version);
  });

  alone(
    'that never trains fails at its deadline, an operator that starts anew in between or not',
    async () => {
      const job = await place.createJob({ runPolicy: { preRunningDeadlineSeconds: 6 } });
      await job.shows('PlanReady=True PlanComputed');
      await replaceOperator();
      await job.shows('Failed=True PreRunningDeadlineExceeded');
    },
  );

  alone('is no reason for a complaint in the log', () => {
    expect(place.complaints).toEqual([]);
  });
});
