/** What a person sees who scales a job that has its plan: on a real API server, with the real operator and kubectl. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runProgram } from '../../cli/program.ts';
import { numberAt, textAt } from '../../multigrid/json/fields.ts';
import { startControlPlane, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { Admin } from '../support/cluster/admin.ts';
import { clusterJob, JobProbe } from '../support/cluster/cluster-job.ts';
import { installCrd } from '../support/cluster/install-crd.ts';
import { TestOperator } from '../support/cluster/test-operator.ts';
import { CollectingIo } from '../support/collecting-io.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const isRunning = (pod: unknown): boolean => textAt(pod, 'status', 'phase') === 'Running';

describeIfPossible('a job that has its plan and is scaled', () => {
  let cluster: ControlPlane;
  let admin: Admin;
  let operator: TestOperator;
  let space: string;
  let job: JobProbe;

  beforeAll(async () => {
    cluster = await startControlPlane({ fakeNodes: { count: 1 } });
    admin = new Admin(cluster);
    await installCrd(cluster);
    operator = TestOperator.start(cluster);
    space = await admin.namespace('scaling');
    job = await JobProbe.create(admin, space, clusterJob('first'));
    await job.pod(isRunning);
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Running=True WorkersReady');
  }, 300_000);

  afterAll(async () => {
    await operator.stop();
    await admin.close();
    await cluster.down();
  }, 120_000);

  const scale = (replicas: number): Promise<string> =>
    cluster.kubectl(['scale', 'mgtj', 'first', '-n', space, `--replicas=${replicas}`]);

  async function warnings(): Promise<readonly unknown[]> {
    const events = await admin.list(`/apis/events.k8s.io/v1/namespaces/${space}/events`);
    return events.filter((event) => textAt(event, 'reason') === 'WorkersFixedByPlan');
  }

  /** Waits until the operator has answered something that came after all before. */
  async function untilLookedAgain(isDataBound: boolean): Promise<void> {
    await job.report({ state: 'Training', generation: 1, dataWaitRatio: isDataBound ? 0.5 : 0 });
    await job.shows(isDataBound ? 'DataBound=True WaitingForClips' : 'DataBound=False ClipsReady');
  }

  test('says so in a condition, its columns, `multigrid status` and one event, and trains on', async () => {
    expect(await scale(3)).toContain('scaled');
    await job.shows('ReplicasIgnored=True WorkersFixedByPlan');
    expect(await job.messageOf('ReplicasIgnored')).toContain('spec.workers.replicas is 3');
    const [head = '', line = ''] = (
      await cluster.kubectl(['get', 'mgtj', 'first', '-n', space, '-o', 'wide'])
    ).split('\n');
    expect(head).toMatch(/ WORKERS +READY +RESTARTS .* REASON$/);
    expect(line).toMatch(/^first +Running .* 3 +1 +\d+[sm].* WorkersFixedByPlan$/);
    const io = new CollectingIo();
    const kubeconfig = ['--kubeconfig', cluster.kubeconfigPath];
    await runProgram(['status', 'first', '-n', space, ...kubeconfig], io, '0');
    expect(io.out).toMatch(/not scaled: spec\.workers\.replicas is 3, but the job keeps 1 worker/);
    expect(io.out).toMatch(/ReplicasIgnored +True +WorkersFixedByPlan/);

    await untilLookedAgain(true);
    await untilLookedAgain(false);
    const said = await warnings();
    expect(said).toHaveLength(1);
    expect(numberAt(said[0], 'deprecatedCount') ?? 1).toBe(1);
    expect(await job.pods()).toHaveLength(1);
  });

  test('tells its scale as it is', async () => {
    const found = await admin.get(`${job.path}/scale`);
    expect(numberAt(found, 'spec', 'replicas')).toBe(3);
    expect(numberAt(found, 'status', 'replicas')).toBe(1);
    expect(textAt(found, 'status', 'selector')).toBe('training.multigrid.dev/job-name=first');
    expect(numberAt(await admin.get(job.indexedJobPath), 'spec', 'completions')).toBe(1);
  });

  test('no longer says so when it is scaled back', async () => {
    await scale(1);
    await job.shows('ReplicasIgnored=False ReplicasAsPlanned');
    expect(await job.statusField('reason')).toBe('WorkersReady');
    expect(await job.statusField('state')).toBe('Running');
    expect(await warnings()).toHaveLength(1);
  });
});
