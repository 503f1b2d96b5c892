/**
 * The chart on real nodes, from installing it to leaving nothing: the operator's own image under its own rights, a job
 * that trains in a pod, a real Prometheus that scrapes both, an upgrade and a rollback while it trains.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { listAt, textAt } from '../../../multigrid/json/fields.ts';
import { runProgram } from '../../../cli/program.ts';
import { countUsableNodes, startCluster, whyNoNodes, type Cluster } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import { CHART, helm } from '../../support/chart/helm.ts';
import { OPERATOR, RELEASE, SYSTEM } from '../../support/chart/installed.ts';
import { startPrometheus, type Prometheus, type PrometheusTarget } from '../../support/chart/prometheus.ts';
import { clusterManifest } from '../../support/chart/cluster-manifest.ts';
import {
  buildOperatorImage,
  buildTrainerImage,
  OPERATOR_IMAGE,
  TRAINER_IMAGE,
} from '../../support/cluster/project-images.ts';
import { CollectingIo } from '../../support/collecting-io.ts';
import { putSmallVideos } from '../../support/small-videos.ts';

const describeIfPossible = whyNoNodes() === null ? describe : describe.skip;
const NAMESPACE = 'video';
const JOB = 'digits';
const PATIENCE_MS = 480_000;
// Longer than all that one test waits for.
jest.setTimeout(3_600_000);
const ALERTS = resolve(CHART, 'files', 'alerts.yaml');

const [operatorRepository = '', operatorTag = ''] = splitTag(OPERATOR_IMAGE);
const [trainerRepository = '', trainerTag = ''] = splitTag(TRAINER_IMAGE);
const VALUES = {
  image: { repository: operatorRepository, tag: operatorTag, pullPolicy: 'Never' },
  trainer: { image: { repository: trainerRepository, tag: trainerTag } },
  // The storage of these nodes is a folder of this machine.
  jobPolicy: { allowBeyondRestricted: true },
  // Long enough that a busy machine does not take the lead from one.
  leaderElection: { leaseDurationSeconds: 30, renewDeadlineSeconds: 25, retryPeriodSeconds: 1 },
};

describeIfPossible('the chart on real nodes', () => {
  let cluster: Cluster;
  let prometheus: Prometheus;
  let followedLog: Promise<CollectingIo>;

  beforeAll(async () => {
    const images = [await buildOperatorImage(), await buildTrainerImage()];
    cluster = await startCluster({ nodes: 2, images });
    const { sharedFolder } = cluster;
    await putSmallVideos(join(sharedFolder, 'data', 'moving-digits'));
    // A hostPath belongs to root, whatever fsGroup says.
    await mkdir(join(sharedFolder, 'runs', JOB), { recursive: true });
    await chmod(join(sharedFolder, 'runs', JOB), 0o777);
    await cluster.kubectl(['create', 'namespace', NAMESPACE]);
    await cluster.kubectl(['create', 'namespace', SYSTEM]);
    // The operator has to pass it. Trainers would too, but for the hostPath that is their storage here.
    const level = 'pod-security.kubernetes.io/enforce=restricted';
    await cluster.kubectl(['label', 'namespace', SYSTEM, level]);
    prometheus = await startPrometheus(join(sharedFolder, 'prometheus'), ALERTS);
  });
  afterAll(async () => {
    await prometheus.stop();
    await cluster.down();
  });

  function onCluster(args: readonly string[], values?: object): Promise<string> {
    return helm([...args, '--namespace', SYSTEM, '--wait', '--timeout', '480s'], {
      ...(values === undefined ? {} : { values: { ...VALUES, ...values } }),
      kubeconfig: cluster.kubeconfigPath,
    });
  }

  async function multigrid(...args: readonly string[]): Promise<CollectingIo> {
    const io = new CollectingIo();
    await runProgram([...args, '--kubeconfig', cluster.kubeconfigPath], io, '0');
    return io;
  }

  async function podsOf(namespace: string, selector: string): Promise<readonly unknown[]> {
    const list: unknown = JSON.parse(
      await cluster.kubectl(['get', 'pods', '-n', namespace, '-l', selector, '-o', 'json']),
    );
    return listAt(list, 'items');
  }

  /** Every pod of operator and trainer that has an address, at its port for metrics. */
  async function targets(): Promise<readonly PrometheusTarget[]> {
    const operators = await podsOf(SYSTEM, 'app.kubernetes.io/component=operator');
    const trainers = await podsOf(NAMESPACE, 'app.kubernetes.io/component=trainer');
    return [...operators, ...trainers].flatMap((pod) => {
      const ip = textAt(pod, 'status', 'podIP');
      const ports = listAt(pod, 'spec', 'containers').flatMap((container) => listAt(container, 'ports'));
      const port = ports.find((one) => textAt(one, 'name') === 'metrics');
      const isOperator = operators.includes(pod);
      return ip === null || port === undefined
        ? []
        : [{ name: isOperator ? 'operator' : 'trainer', address: `${ip}:${portOf(port)}` }];
    });
  }

  /** Asks until Prometheus, scraping whatever pods there are, answers with a number that is wanted. */
  async function untilScraped(expr: string, isWanted: (value: number) => boolean): Promise<void> {
    let values: readonly number[] = [];
    let scraped: readonly PrometheusTarget[] = [];
    await waitUntil(
      async () => {
        scraped = await targets();
        await prometheus.setTargets(scraped);
        values = (await prometheus.query(expr)).map(({ value }) => value);
        return values.length > 0 && values.every(isWanted) ? true : null;
      },
      {
        what: `Prometheus to answer ${expr}`,
        timeoutMs: PATIENCE_MS,
        periodMs: 1000,
        seen: () => JSON.stringify({ values, scraped }),
      },
    );
  }

  async function phaseOf(): Promise<number> {
    const path = 'jsonpath={.status.progress.phase}';
    return Number(await cluster.kubectl(['get', 'mgtj', JOB, '-n', NAMESPACE, '-o', path]));
  }

  test('helm installs two operators on two nodes, of which one leads', async () => {
    // Images have just been loaded, and a busy kubelet can have been late for a moment.
    await waitUntil(async () => ((await countUsableNodes(cluster)) === cluster.nodes.length ? true : null), {
      what: 'nodes that take pods',
      timeoutMs: PATIENCE_MS,
    });
    await onCluster(['install', RELEASE, CHART], {});
    const pods = await podsOf(SYSTEM, 'app.kubernetes.io/component=operator');
    expect(pods.map((pod) => textAt(pod, 'spec', 'nodeName')).toSorted()).toEqual(cluster.nodes.toSorted());
    await untilScraped('sum(leader_election_master_status)', (value) => value === 1);
    await untilScraped('count(multigrid_build_info)', (value) => value === 2);
    await untilScraped('sum(rest_client_requests_total{code="200"})', (value) => value > 0);
    const { out, exitCode } = await multigrid('doctor', '--require', 'cluster');
    expect(out).toMatch(/^ok {4}CRD .*the same as this program's$/m);
    expect(out).toMatch(
      /^ok {4}operator +multigrid-system\/mgt-multigrid-operator, 2 of 2 ready, \S+ leads$/m,
    );
    expect(exitCode).toBe(0);
  });

  test('a job that is applied trains in a pod, and Prometheus sees both sides of it', async () => {
    const manifest = await clusterManifest(JOB, cluster.sharedFolder);
    await cluster.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], JSON.stringify(manifest));
    await untilScraped(`multigrid_trainer_iterations_total{job_name="${JOB}"}`, (value) => value > 0);
    await untilScraped('max(multigrid_jobs{state=~"Running|PhaseTransition"})', (value) => value === 1);
    await untilScraped(
      `max(multigrid_job_phase{namespace="${NAMESPACE}",job="${JOB}"})`,
      (value) => value >= 0,
    );
    await untilScraped('sum(workqueue_adds_total{name="multigridtrainingjobs"})', (value) => value > 0);
    await untilScraped('sum(multigrid_reconcile_total{result="success"})', (value) => value > 0);
    const { names, errors } = await prometheus.rules();
    expect(names).toContain('MultigridNoLeader');
    expect(errors).toEqual([]);
    const shown = await multigrid('status', JOB, '-n', NAMESPACE);
    expect(shown.out).toMatch(/^ +\d+ {2}\d+x\d+x\d+ .*now$/m);
    followedLog = multigrid('logs', '-f', JOB, '-n', NAMESPACE);
    const logs = await multigrid('logs', JOB, '-n', NAMESPACE);
    expect(logs.err).toBe('');
    expect(logs.out).toMatch(/^\{.*\}$/m);
  });

  test('an upgrade while it trains rolls the operators and leaves the trainer alone', async () => {
    const before = await podsOf(NAMESPACE, 'app.kubernetes.io/component=trainer');
    await onCluster(['upgrade', RELEASE, CHART], { concurrency: 2, podLabels: { round: 'two' } });
    expect(await podsOf(SYSTEM, 'round=two')).toHaveLength(2);
    await onCluster(['rollback', RELEASE, '1']);
    await waitUntil(async () => ((await podsOf(SYSTEM, 'round=two')).length === 0 ? true : null), {
      what: 'the pods of the upgrade to go',
      timeoutMs: PATIENCE_MS,
    });
    await untilScraped('sum(leader_election_master_status)', (value) => value === 1);
    const after = await podsOf(NAMESPACE, 'app.kubernetes.io/component=trainer');
    const uid = (pod: unknown): string | null => textAt(pod, 'metadata', 'uid');
    expect(after.map(uid)).toEqual(before.map(uid));
  });

  test('the job goes on under the new leader to its end', async () => {
    await waitUntil(
      async () => {
        const said = await cluster.kubectl([
          'get',
          'mgtj',
          JOB,
          '-n',
          NAMESPACE,
          '-o',
          'jsonpath={.status.state}',
        ]);
        expect(said).not.toBe('Failed');
        return said === 'Complete' ? true : null;
      },
      { what: 'the job to be complete', timeoutMs: 2 * PATIENCE_MS, periodMs: 1000 },
    );
    const { out, err } = await followedLog;
    expect(err).toBe('');
    expect(out).toMatch(/"at":"test".*"message":"evaluated"/);
    expect(await phaseOf()).toBeGreaterThan(1);
    await untilScraped('max(multigrid_jobs{state="Complete"})', (value) => value === 1);
    await untilScraped(
      'sum(max_over_time(multigrid_phase_transition_seconds_count[15m]))',
      (value) => value > 0,
    );
    // A job that has ended has no phase any more.
    await waitUntil(
      async () => ((await prometheus.query('multigrid_job_phase')).length === 0 ? true : null),
      {
        what: 'the series of the job to go',
        timeoutMs: PATIENCE_MS,
        periodMs: 1000,
      },
    );
  });

  test('deleting the job and uninstalling leave nothing but the CRD', async () => {
    await cluster.kubectl(['delete', 'mgtj', JOB, '-n', NAMESPACE]);
    const kinds =
      'pods,jobs,services,serviceaccounts,roles,rolebindings,networkpolicies,leases,controllerrevisions';
    await waitUntil(
      async () => {
        const left = await cluster.kubectl([
          ...['get', kinds, '-n', NAMESPACE, '-o', 'name', '-l', `training.multigrid.dev/job-name=${JOB}`],
        ]);
        return left === '' ? true : null;
      },
      { what: 'everything of the job to go', timeoutMs: PATIENCE_MS, periodMs: 500 },
    );
    await helm(['uninstall', RELEASE, '-n', SYSTEM, '--wait'], { kubeconfig: cluster.kubeconfigPath });
    const all = 'deployments,services,serviceaccounts,roles,rolebindings,clusterroles,networkpolicies,pods';
    await waitUntil(
      async () => {
        const label = 'app.kubernetes.io/part-of=multigrid';
        const left = await cluster.kubectl(['get', all, '-A', '-o', 'name', '-l', label]);
        return left === '' ? true : null;
      },
      { what: 'everything of the release to go', timeoutMs: PATIENCE_MS, periodMs: 500 },
    );
    expect(await cluster.kubectl(['get', 'mgtj', '-A'])).toBe('');
    expect(await cluster.kubectl(['get', 'lease', OPERATOR, '-n', SYSTEM, '-o', 'name'])).toContain(OPERATOR);
  });
});

function splitTag(image: string): readonly string[] {
  const at = image.lastIndexOf(':');
  return [image.slice(0, at), image.slice(at + 1)];
}

function portOf(port: unknown): string {
  return typeof port === 'object' && port !== null && 'containerPort' in port
    ? String(port.containerPort)
    : '';
}
