/** What people see of jobs: kubectl's columns and explanations, `multigrid status`, `logs` and `doctor`, on a real API server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { CommandIo } from '../../cli/io.ts';
import { runProgram } from '../../cli/program.ts';
import type { JobStatus } from '../../multigrid/api/job.ts';
import type { Condition } from '../../multigrid/object/job-object.ts';
import { startControlPlane, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import {
  createJob,
  installChart,
  kubeconfigWith,
  OPERATOR,
  SYSTEM,
  tokenOf,
} from '../support/chart/installed.ts';
import { CollectingIo } from '../support/collecting-io.ts';
import { makePlan, makeProgress } from '../support/run/jobs.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const NAMESPACE = 'video';
const NODES = 2;
const GPUS = 4;
const PATIENCE_MS = 120_000;

const RUNNING: JobStatus = {
  state: 'Running',
  plan: makePlan(3),
  progress: makeProgress({
    phase: 1,
    epoch: 1.5,
    percent: 50,
    iteration: 15,
    loss: 1.5,
    lastCheckpoint: { path: 'checkpoints/000010', iteration: 10, epoch: 1 },
    summary: {
      phase: '2/3',
      shape: '2x8x64',
      batch: '16',
      epoch: '1/3',
      progress: '50%',
      eta: '5m 10s',
      metric: 'top1 0.873',
      learningRate: '0.1',
      clipsPerSecond: '212',
    },
  }),
  replicas: 1,
  readyReplicas: 1,
  restarts: 2,
  reason: 'WorkersReady',
};

/** A person who presses Ctrl-C when the signal says so. */
function stoppedBy(stop: AbortSignal): Pick<CommandIo, 'listenForStop'> {
  return {
    listenForStop: () => ({
      stop,
      kill: new AbortController().signal,
      exitCode: null,
      dispose: () => undefined,
    }),
  };
}

describeIfPossible('a cluster, as people see it', () => {
  let cluster: ControlPlane;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'multigrid-people-'));
    cluster = await startControlPlane({
      fakeNodes: { count: NODES, gpus: GPUS },
      // The kubelets of these nodes are one process that may be slow on a busy machine.
    });
    await cluster.kubectl(['create', 'namespace', NAMESPACE]);
  });
  afterAll(async () => {
    await cluster.down();
    await rm(folder, { recursive: true });
  });

  async function multigrid(...args: readonly string[]): Promise<CollectingIo> {
    const io = new CollectingIo();
    await runProgram([...args, '--kubeconfig', cluster.kubeconfigPath], io, '0');
    return io;
  }

  async function writeStatus(job: string, status: JobStatus): Promise<void> {
    await cluster.kubectl([
      ...['patch', 'mgtj', job, '-n', NAMESPACE, '--subresource=status', '--type=json', '-p'],
      JSON.stringify([{ op: 'add', path: '/status', value: status }]),
    ]);
  }

  async function kubeconfigOf(account: string): Promise<string> {
    const file = join(folder, account);
    await writeFile(file, kubeconfigWith(cluster.kubeconfig, await tokenOf(cluster, NAMESPACE, account)));
    return file;
  }

  describe('before anything is installed', () => {
    test('status and logs say that there are no such jobs here, and what to install', async () => {
      for (const args of [['status'], ['status', 'first'], ['status', '-w'], ['logs', 'first']]) {
        const { err, exitCode } = await multigrid(...args);
        expect(err).toMatch(/^the cluster at https:.* has no MultigridTrainingJobs: install the chart/);
        expect(exitCode).toBe(66);
      }
    });

    test('the doctor finds a cluster without the resource and without an operator', async () => {
      const { out, exitCode } = await multigrid('doctor');
      expect(out).toMatch(/^ok {2}Cluster +https:\S+, Kubernetes v1\.\d+/m);
      expect(out).toMatch(/^-- {4}CRD +MultigridTrainingJob is not installed/m);
      expect(out).toMatch(/^-- {4}operator +no operator is installed/m);
      expect(out).toMatch(new RegExp(`^ok {4}GPUs +${NODES * GPUS} on ${NODES} of ${NODES} nodes$`, 'm'));
      expect(exitCode).toBe(0);
      expect((await multigrid('doctor', '--require', 'cluster')).exitCode).toBe(69);
    });
  });

  describe('with the chart and jobs', () => {
    beforeAll(async () => {
      await installChart(cluster);
      await createJob(cluster, NAMESPACE, 'digits');
      await createJob(cluster, NAMESPACE, 'waiting');
      await writeStatus('digits', RUNNING);
    });

    test('kubectl get shows the columns, and more of them with -o wide', async () => {
      const get = (...args: readonly string[]): Promise<string> =>
        cluster.kubectl(['get', 'mgtj', '-n', NAMESPACE, ...args]);
      const [head = '', digits = '', waiting = ''] = (await get()).split('\n');
      expect(head.split(/ {2,}/).map((name) => name.trim())).toEqual([
        ...[
          'NAME',
          'STATE',
          'PHASE',
          'SHAPE',
          'EPOCH',
          'PROGRESS',
          'ETA',
          'METRIC',
          'WORKERS',
          'READY',
          'RESTARTS',
          'AGE',
        ],
      ]);
      expect(digits).toMatch(
        /^digits +Running +2\/3 +2x8x64 +1\/3 +50% +5m 10s +top1 0\.873 +1 +1 +2 +\d+[sm]/,
      );
      expect(waiting).toMatch(/^waiting +1 +\d+[sm]/);
      const [wideHead = '', wideDigits = ''] = (await get('-o', 'wide')).split('\n');
      expect(wideHead).toMatch(/AGE +LR +BATCH +CLIPS\/S +CHECKPOINT +REASON$/);
      expect(wideDigits).toMatch(/ +0\.1 +16 +212 +checkpoints\/000010 +WorkersReady$/);
      expect(await cluster.kubectl(['get', 'training', '-n', NAMESPACE, '-o', 'name'])).toContain('digits');
    });

    test('kubectl explain knows every field and has a sentence for it', async () => {
      const crd: unknown = parse(await readFile('crds/multigridtrainingjob.yaml', 'utf8'));
      const fields = new Set(
        [...JSON.stringify(crd).matchAll(/"(\w+)":\{"description"/g)]
          .map(([, name = '']) => name)
          .filter((name) => name !== 'openAPIV3Schema'),
      );
      const recursive = await cluster.kubectl(['explain', 'mgtj', '--recursive']);
      const shown = new Set([...recursive.matchAll(/^\s+(\w+)\t</gm)].map(([, name = '']) => name));
      expect(fields.size).toBeGreaterThan(100);
      expect([...fields].filter((name) => !shown.has(name))).toEqual([]);
      for (const path of [
        '',
        '.spec',
        '.spec.recipe',
        '.spec.multigrid',
        '.spec.workers',
        '.status.progress',
      ]) {
        const explained = await cluster.kubectl(['explain', `mgtj${path}`]);
        expect(explained).not.toContain('<empty>');
        expect(explained).not.toContain('<no description>');
      }
    });

    test('multigrid status shows the same as a table', async () => {
      const { out } = await multigrid('status', '-n', NAMESPACE);
      expect(out).toMatch(/^NAME +STATE .* REASON$/m);
      expect(out).toMatch(/^digits +Running +2\/3 .* 1\/1 +2 .* WorkersReady$/m);
      expect(out).toMatch(/^waiting +Pending /m);
      expect((await multigrid('status', '-A')).out).toMatch(/^video +digits +Running/m);
      expect((await multigrid('status')).out).toBe('no jobs in this namespace (-A looks into all)\n');
    });

    test('multigrid status NAME shows the job with its phases', async () => {
      const { out, exitCode } = await multigrid('status', 'digits', '-n', NAMESPACE);
      expect(out).toMatch(/^digits {2}training/);
      expect(out).toMatch(/^ +2 {2}2x8x64 .*now$/m);
      expect(exitCode).toBe(0);
      expect((await multigrid('status', 'waiting', '-n', NAMESPACE)).out).toContain(
        'no operator has reconciled this job yet',
      );
    });

    test('a name with a typo is answered with the one that was meant', async () => {
      const { err, exitCode } = await multigrid('status', 'digit', '-n', NAMESPACE);
      expect(err).toBe('namespace video has no job digit; did you mean digits?\n');
      expect(exitCode).toBe(66);
      expect((await multigrid('logs', 'other', '-n', NAMESPACE)).err).toContain('multigrid status -A');
    });

    test('with -w a job is followed to its end, through a restart of the API server', async () => {
      await createJob(cluster, NAMESPACE, 'followed');
      await writeStatus('followed', RUNNING);
      const io = new CollectingIo();
      const args = ['status', '-w', 'followed', '-n', NAMESPACE, '--kubeconfig', cluster.kubeconfigPath];
      const ended = runProgram(args, io, '0');
      await waitUntil(
        () => Promise.resolve(io.out.includes('phase 2 of 3') || io.out.includes('plan:') || null),
        {
          what: 'the job to be shown',
          timeoutMs: PATIENCE_MS,
        },
      );
      await cluster.restartApiServer();
      const complete: Condition = {
        type: 'Complete',
        status: 'True',
        reason: 'TrainingFinished',
        message: 'trained to the end',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      };
      await writeStatus('followed', { ...RUNNING, state: 'Complete', conditions: [complete] });
      await ended;
      expect(io.err).toBe('');
      expect(io.exitCode).toBe(0);
    });

    test('with -w a job that is deleted is said to be', async () => {
      await createJob(cluster, NAMESPACE, 'short-lived');
      const io = new CollectingIo();
      const args = ['status', '-w', 'short-lived', '-n', NAMESPACE, '--kubeconfig', cluster.kubeconfigPath];
      const ended = runProgram(args, io, '0');
      await cluster.kubectl(['delete', 'mgtj', 'short-lived', '-n', NAMESPACE]);
      await ended;
      expect(io.err).toMatch(/the job was deleted|has no job short-lived/);
      expect(io.exitCode).toBe(66);
    });

    test('logs say why there are none', async () => {
      expect((await multigrid('logs', 'digits', '-n', NAMESPACE)).err).toContain(
        'job digits has no pods in namespace video now',
      );
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'digits-0-abcde',
          namespace: NAMESPACE,
          labels: {
            'training.multigrid.dev/job-name': 'digits',
            'batch.kubernetes.io/job-completion-index': '0',
          },
        },
        spec: { nodeSelector: { nowhere: 'yes' }, containers: [{ name: 'trainer', image: 'none' }] },
      };
      await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(pod));
      await waitUntil(
        async () => {
          const { err } = await multigrid('logs', 'digits', '-n', NAMESPACE);
          return /pod digits-0-abcde has not started: .*nodes are available/.test(err) ? true : null;
        },
        { what: 'the reason why the pod waits', timeoutMs: PATIENCE_MS },
      );
      // Followed, it is waited for; here in vain.
      const stop = new AbortController();
      const io = Object.assign(new CollectingIo(), stoppedBy(stop.signal));
      const following = runProgram(
        ['logs', '-f', 'digits', '-n', NAMESPACE, '--kubeconfig', cluster.kubeconfigPath],
        io,
        '0',
      );
      await waitUntil(() => Promise.resolve(io.err.includes('; waiting\n') ? true : null), {
        what: 'the logs to say that they wait',
        timeoutMs: PATIENCE_MS,
      }).finally(() => {
        stop.abort();
      });
      await following;
      expect(io.err).toMatch(/has not started: .*nodes are available.*; waiting\n/);
      expect((await multigrid('logs', 'digits', '-n', NAMESPACE, '--rank', '3')).err).toContain(
        'job digits has no pod of rank 3, only of 0',
      );
      expect((await multigrid('logs', 'digits', '-n', NAMESPACE, '--previous')).err).toContain(
        'is the first of its rank',
      );
    });

    test('somebody without rights is told which, and whom to ask', async () => {
      await cluster.kubectl(['create', 'serviceaccount', 'nobody', '-n', NAMESPACE]);
      const nobody = await kubeconfigOf('nobody');
      const io = new CollectingIo();
      await runProgram(['status', '-n', NAMESPACE, '--kubeconfig', nobody], io, '0');
      expect(io.err).toMatch(/cannot list resource "multigridtrainingjobs".*; ask a cluster administrator/);
      expect(io.exitCode).toBe(77);
      const doctor = new CollectingIo();
      await runProgram(['doctor', '--kubeconfig', nobody], doctor, '0');
      expect(doctor.out).toMatch(/^\?\? {4}CRD +\S+ is installed; you may not read its schema$/m);
      expect(doctor.out).toMatch(
        /^-- {4}rights +in namespace default you may not create multigridtrainingjobs/m,
      );
      expect(doctor.out).toMatch(/^\?\? {4}operator +.*forbidden/m);
    });

    test('who may edit a namespace may train in it, who may view it may look on', async () => {
      for (const role of ['edit', 'view']) {
        await cluster.kubectl(['create', 'serviceaccount', role, '-n', NAMESPACE]);
        await cluster.kubectl([
          ...['create', 'rolebinding', role, '-n', NAMESPACE],
          ...[`--clusterrole=${role}`, `--serviceaccount=${NAMESPACE}:${role}`],
        ]);
      }
      const can = async (who: string, ...what: readonly string[]): Promise<string> => {
        const as = `--as=system:serviceaccount:${NAMESPACE}:${who}`;
        const said = await cluster.kubectl(['auth', 'can-i', ...what, '-n', NAMESPACE, as]).catch(() => 'no');
        return said.trim();
      };
      await waitUntil(async () => ((await can('edit', 'create', 'mgtj')) === 'yes' ? true : null), {
        what: 'the roles to be put together',
        timeoutMs: PATIENCE_MS,
      });
      expect(await can('edit', 'delete', 'mgtj')).toBe('yes');
      expect(await can('edit', 'patch', 'mgtj', '--subresource=scale')).toBe('yes');
      expect(await can('edit', 'patch', 'mgtj', '--subresource=status')).toBe('no');
      expect(await can('view', 'watch', 'mgtj')).toBe('yes');
      expect(await can('view', 'create', 'mgtj')).toBe('no');
    });

    test('the doctor tells an operator that works from one that does not', async () => {
      const operatorLine = async (): Promise<string> =>
        /^.. {4}operator .*$/m.exec((await multigrid('doctor')).out)?.[0] ?? '';
      expect(await operatorLine()).toMatch(
        /^-- .*multigrid-system\/mgt-multigrid-operator has no ready replica/,
      );
      await cluster.kubectl(['scale', 'deployment', OPERATOR, '-n', SYSTEM, '--replicas=1']);
      await cluster.kubectl(['rollout', 'status', 'deployment', OPERATOR, '-n', SYSTEM, '--timeout=120s']);
      const lease = (renewTime: Date): object => ({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: OPERATOR, namespace: SYSTEM },
        spec: {
          holderIdentity: 'operator-1',
          leaseDurationSeconds: 600,
          renewTime: renewTime.toISOString().replace('Z', '000Z'),
        },
      });
      const untilItSays = (pattern: RegExp): Promise<true> =>
        waitUntil(async () => (pattern.test(await operatorLine()) ? true : null), {
          what: `the doctor to say ${String(pattern)}`,
          timeoutMs: PATIENCE_MS,
        });
      await untilItSays(/^-- .*no leader \(nobody holds the lease\)/);
      await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(lease(new Date(0))));
      await untilItSays(/^-- .*no leader \(the lease was last renewed \d+ s ago\)/);
      await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(lease(new Date())));
      await untilItSays(/^ok .*, 1 of 1 ready, operator-1 leads$/);
    });

    test('the doctor finds a CRD of another version', async () => {
      const crdLine = async (): Promise<string> =>
        /^.. {4}CRD .*$/m.exec((await multigrid('doctor')).out)?.[0] ?? '';
      expect(await crdLine()).toMatch(/^ok .*the same as this program's$/);
      const spec = '/spec/versions/0/schema/openAPIV3Schema/properties/spec';
      await cluster.kubectl([
        ...['patch', 'crd', 'multigridtrainingjobs.training.multigrid.dev', '--type=json', '-p'],
        JSON.stringify([{ op: 'add', path: `${spec}/properties/later`, value: { type: 'string' } }]),
      ]);
      expect(await crdLine()).toMatch(
        /^-- .*a schema that differs from this program's: upgrade the chart or this program$/,
      );
    });
  });
});
