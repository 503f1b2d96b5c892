/** What a person sees who scales a job that has its plan: on a real API server, with the real operator and kubectl. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runProgram } from '../../cli/program.ts';
import { numberAt, textAt } from '../../multigrid/json/fields.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import type { JobProbe } from '../support/cluster/cluster-job.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';
import { CollectingIo } from '../support/collecting-io.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;

describeIfPossible('a job that has its plan and is scaled', () => {
  let place: JobCluster;
  let space: string;
  let job: JobProbe;

  beforeAll(async () => {
    place = await JobCluster.start(1);
    place.startOperator();
    space = await place.namespace();
    job = await place.createJob({}, space);
    await job.pod();
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Running=True WorkersReady');
  }, 300_000);

  afterAll(() => place.down());

  const scale = (replicas: number): Promise<string> =>
    place.cluster.kubectl(['scale', 'mgtj', 'first', '-n', space, `--replicas=${replicas}`]);

  async function warnings(): Promise<readonly unknown[]> {
    const events = await place.admin.list(`/apis/events.k8s.io/v1/namespaces/${space}/events`);
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
      await place.cluster.kubectl(['get', 'mgtj', 'first', '-n', space, '-o', 'wide'])
    ).split('\n');
    expect(head).toMatch(/ WORKERS +READY +RESTARTS .* REASON$/);
    expect(line).toMatch(/^first +Running .* 3 +1 +\d+[sm].* WorkersFixedByPlan$/);
    const io = new CollectingIo();
    const kubeconfig = ['--kubeconfig', place.cluster.kubeconfigPath];
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
    const found = await place.admin.get(`${job.path}/scale`);
    expect(numberAt(found, 'spec', 'replicas')).toBe(3);
    expect(numberAt(found, 'status', 'replicas')).toBe(1);
    expect(textAt(found, 'status', 'selector')).toBe('training.multigrid.dev/job-name=first');
    expect(numberAt(await place.admin.get(job.indexedJobPath), 'spec', 'completions')).toBe(1);
  });

  test('no longer says so when it is scaled back', async () => {
    await scale(1);
    await job.shows('ReplicasIgnored=False ReplicasAsPlanned');
    expect(await job.statusField('reason')).toBe('WorkersReady');
    expect(await job.statusField('state')).toBe('Running');
    expect(await warnings()).toHaveLength(1);
  });
});
