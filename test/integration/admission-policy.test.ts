/** What the chart's admission policies let a trainer change and a person run, on a real API server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API_VERSION, KIND, PLURAL } from '../../multigrid/contract/names.ts';
import type { JobStatus } from '../../multigrid/api/job.ts';
import { startControlPlane, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { clusterRequest, type ClusterAnswer } from '../support/cluster-request.ts';
import {
  createAccess,
  createJob,
  installChart,
  OPERATOR,
  SYSTEM,
  tokenOf,
  upgradeChart,
} from '../support/chart/installed.ts';
import { directive } from '../support/run/observations.ts';
import type { Progress } from '../../multigrid/progress.ts';
import { makeManifestSpec, makePlan, makeProgress, makeStoredJob } from '../support/run/jobs.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const NAMESPACE = 'video';
const POLICY = /may change status\.progress of its job and (?:no other part|nothing else)/;

let cluster: ControlPlane;
let token = '';

interface Change {
  readonly job?: string;
  readonly namespace?: string;
  readonly token?: string;
  readonly subresource?: 'status' | 'scale' | null;
  readonly query?: string;
}

/** Replaces the progress as a trainer's token would: a patch that merges would take what is null for gone. */
function report(progress: Progress, change: Change = {}): Promise<ClusterAnswer> {
  const { job = 'first' } = change;
  return clusterRequest(cluster, {
    token: change.token ?? token,
    method: 'PATCH',
    path: `/apis/${API_VERSION}/namespaces/${NAMESPACE}/${PLURAL}/${job}/status`,
    body: [{ op: 'add', path: '/status/progress', value: progress }],
    contentType: 'application/json-patch+json',
  });
}

/** Merges a patch into a job with some token. */
function patch(body: object, change: Change = {}): Promise<ClusterAnswer> {
  const { job = 'first', namespace = NAMESPACE, subresource = 'status', query = '' } = change;
  const tail = subresource === null ? '' : `/${subresource}`;
  const path = `/apis/${API_VERSION}/namespaces/${namespace}/${PLURAL}/${job}${tail}?${query}`;
  return clusterRequest(cluster, { token: change.token ?? token, method: 'PATCH', path, body });
}

const refused = (message: RegExp): object => ({ code: 403, message: expect.stringMatching(message) });
const accepted = { code: 200 };

async function writeAsOperator(job: string, status: JobStatus): Promise<void> {
  const operator = await tokenOf(cluster, SYSTEM, OPERATOR);
  expect(await patch({ status }, { job, token: operator })).toMatchObject(accepted);
}

/** A policy, like a role, takes a moment to be in force. */
async function untilRefusedByPolicy(body: object, change: Change): Promise<void> {
  let said = '';
  await waitUntil(
    async () => {
      said = (await patch(body, change)).message;
      return POLICY.test(said) ? true : null;
    },
    { what: 'the admission policy to refuse', timeoutMs: 120_000 },
  ).catch((error: unknown) => {
    throw new Error(`last answer: ${said}`, { cause: error });
  });
}

async function statusOf(job: string): Promise<unknown> {
  const stored: unknown = JSON.parse(
    await cluster.kubectl(['get', 'mgtj', job, '-n', NAMESPACE, '-o', 'json']),
  );
  return typeof stored === 'object' && stored !== null && 'status' in stored ? stored.status : undefined;
}

describeIfPossible('the admission policy of the chart', () => {
  beforeAll(async () => {
    cluster = await startControlPlane();
    await installChart(cluster, { jobPolicy: { enabled: false } });
    await cluster.kubectl(['create', 'namespace', NAMESPACE]);
    const job = await createJob(cluster, NAMESPACE, 'first');
    await createJob(cluster, NAMESPACE, 'second');
    token = await createAccess(cluster, job);
    await writeAsOperator('first', { state: 'Running', plan: makePlan(3), directive: directive(1, 0) });
    await untilRefusedByPolicy({ status: { state: 'Failed' } }, { query: 'dryRun=All' });
  });
  afterAll(() => cluster.down());

  describe('a trainer', () => {
    test('reports its progress, by patch and by server-side apply', async () => {
      const progress = makeProgress({ iteration: 7 });
      expect(await report(progress)).toMatchObject(accepted);
      expect(await statusOf('first')).toMatchObject({ state: 'Running', progress: { iteration: 7 } });
      const body = {
        apiVersion: API_VERSION,
        kind: KIND,
        metadata: { name: 'first', namespace: NAMESPACE },
        status: { progress: { ...progress, iteration: 8 } },
      };
      const answer = await clusterRequest(cluster, {
        token,
        method: 'PATCH',
        path: `/apis/${API_VERSION}/namespaces/${NAMESPACE}/${PLURAL}/first/status?fieldManager=mgt-progress&force=true`,
        body,
        contentType: 'application/apply-patch+yaml',
      });
      expect(answer).toMatchObject(accepted);
      expect(await statusOf('first')).toMatchObject({ state: 'Running', progress: { iteration: 8 } });
    });

    test.each<[string, object]>([
      ['its directive', { status: { directive: { phase: 2 } } }],
      ['its state', { status: { state: 'Complete' } }],
      ['its plan, by taking it away', { status: { plan: null } }],
      ['its conditions, beside its progress', { status: { progress: { iteration: 9 }, conditions: [] } }],
      ['its restarts', { status: { restarts: 0 } }],
    ])('cannot change %s', async (_what, body) => {
      const before = await statusOf('first');
      expect(await patch(body)).toMatchObject(refused(POLICY));
      // Whoever it says it is: the operator's field manager is a word that anybody can say.
      expect(await patch(body, { query: 'fieldManager=mgt-status' })).toMatchObject(refused(POLICY));
      expect(await statusOf('first')).toEqual(before);
    });

    test('cannot change the spec, the scale, or delete the job: its role does not say so', async () => {
      const role = /User "system:serviceaccount:video:first" cannot (?:patch|delete) resource/;
      expect(await patch({ spec: { suspend: true } }, { subresource: null })).toMatchObject(refused(role));
      expect(await patch({ spec: { replicas: 3 } }, { subresource: 'scale' })).toMatchObject(refused(role));
      const path = `/apis/${API_VERSION}/namespaces/${NAMESPACE}/${PLURAL}/first`;
      expect(await clusterRequest(cluster, { token, method: 'DELETE', path })).toMatchObject(refused(role));
    });

    test('cannot report the progress of another job', async () => {
      const other = await patch({ status: { progress: makeProgress() } }, { job: 'second' });
      expect(other).toMatchObject(
        refused(/"second" is forbidden: User "system:serviceaccount:video:first" cannot/),
      );
    });

    test('sees its own job and nothing else', async () => {
      const jobs = `/apis/${API_VERSION}/namespaces/${NAMESPACE}/${PLURAL}`;
      const core = `/api/v1/namespaces/${NAMESPACE}`;
      const get = async (path: string): Promise<number> =>
        (await clusterRequest(cluster, { token, method: 'GET', path })).code;
      expect(await get(`${jobs}/first`)).toBe(200);
      const as = '--as=system:serviceaccount:video:first';
      const watching = cluster.kubectl(['auth', 'can-i', 'watch', 'mgtj/first', '-n', NAMESPACE, as]);
      expect((await watching).trim()).toBe('yes');
      expect(await get(`${jobs}/second`)).toBe(403);
      expect(await get(jobs)).toBe(403);
      expect(await get(`${core}/pods`)).toBe(403);
      expect(await get(`${core}/secrets`)).toBe(403);
    });

    test('that somebody gave more rights than it needs is still held to its progress', async () => {
      const account = `--serviceaccount=${NAMESPACE}:first`;
      const binding = ['rolebinding', 'too-much', '-n', NAMESPACE];
      await cluster.kubectl(['create', ...binding, '--clusterrole=admin', account]);
      try {
        await untilRefusedByPolicy({ spec: { suspend: true } }, { subresource: null });
        const scaled = await patch({ spec: { replicas: 3 } }, { subresource: 'scale' });
        expect(scaled).toMatchObject(refused(POLICY));
        const labelled = await patch({ metadata: { labels: { mine: 'yes' } } }, { subresource: null });
        expect(labelled).toMatchObject(refused(POLICY));
      } finally {
        await cluster.kubectl(['delete', ...binding]);
      }
    });

    test('with a service account of the user is known by that one', async () => {
      await cluster.kubectl(['create', 'serviceaccount', 'mine', '-n', NAMESPACE]);
      const workers = { template: { serviceAccountName: 'mine' } };
      await createAccess(cluster, await createJob(cluster, NAMESPACE, 'third', { workers }));
      await writeAsOperator('third', { state: 'Running' });
      const mine = { job: 'third', token: await tokenOf(cluster, NAMESPACE, 'mine') };
      expect(await report(makeProgress(), mine)).toMatchObject(accepted);
      expect(await patch({ status: { state: 'Complete' } }, mine)).toMatchObject(refused(POLICY));
    });
  });

  describe('everybody else', () => {
    test('an operator writes its part, also of a job that has its own name in its own namespace', async () => {
      await createJob(cluster, SYSTEM, OPERATOR);
      const operator = await tokenOf(cluster, SYSTEM, OPERATOR);
      const own = { job: OPERATOR, namespace: SYSTEM, token: operator };
      expect(await patch({ status: { state: 'Running' } }, own)).toMatchObject(accepted);
    });

    test('a person changes the spec', async () => {
      const args = [
        'patch',
        'mgtj',
        'first',
        '-n',
        NAMESPACE,
        '--type=merge',
        '-p',
        '{"spec":{"suspend":true}}',
      ];
      expect(await cluster.kubectl(args)).toContain('patched');
    });
  });

  describe('a job', () => {
    const ANSWERS = /Policy '[^']*-jobs'/u;
    let writer = '';

    /** Creates a job without keeping it: the answer is that of the API server with all its policies. */
    function create(
      spec: object,
      options: { namespace?: string; token?: string } = {},
    ): Promise<ClusterAnswer> {
      const { namespace = NAMESPACE } = options;
      const volumes = { data: { persistentVolumeClaim: { claimName: 'clips' } }, output: { emptyDir: {} } };
      return clusterRequest(cluster, {
        token: options.token ?? admin,
        method: 'POST',
        path: `/apis/${API_VERSION}/namespaces/${namespace}/${PLURAL}?dryRun=All`,
        body: makeStoredJob('tried', makeManifestSpec({ volumes, ...spec })),
      });
    }

    async function untilJobsAre(answer: 'refused' | 'taken', spec: object): Promise<void> {
      await waitUntil(
        async () => ((await create(spec)).code === (answer === 'taken' ? 201 : 403) ? true : null),
        { what: `the policy of jobs to have them ${answer}`, timeoutMs: 120_000 },
      );
    }

    let admin = '';
    const rooted = { workers: { template: { securityContext: { runAsUser: 0 } } } };

    beforeAll(async () => {
      await cluster.kubectl(['create', 'serviceaccount', 'boss', '-n', NAMESPACE]);
      const binding = ['clusterrolebinding', 'boss', '--clusterrole=cluster-admin'];
      await cluster.kubectl(['create', ...binding, `--serviceaccount=${NAMESPACE}:boss`]);
      admin = await tokenOf(cluster, NAMESPACE, 'boss');
      // A person who was given the custom resource, and nothing of what a job becomes.
      await cluster.kubectl(['create', 'serviceaccount', 'writer', '-n', NAMESPACE]);
      const rights = ['--verb=create,get,patch', '--resource=multigridtrainingjobs.training.multigrid.dev'];
      await cluster.kubectl(['create', 'role', 'jobs', ...rights, '-n', NAMESPACE]);
      const account = `--serviceaccount=${NAMESPACE}:writer`;
      await cluster.kubectl(['create', 'rolebinding', 'jobs', '--role=jobs', account, '-n', NAMESPACE]);
      writer = await tokenOf(cluster, NAMESPACE, 'writer');
      await untilJobsAre('taken', rooted);
      await upgradeChart(cluster, {});
      await untilJobsAre('refused', rooted);
    });

    test('of somebody who may not create pods is refused, and so is its spec when it changes', async () => {
      const said = /system:serviceaccount:video:writer may not create pods in the namespace video/u;
      expect(await create({}, { token: writer })).toMatchObject(refused(said));
      const suspend = { spec: { suspend: true }, metadata: { labels: { mine: 'yes' } } };
      const change: Change = { job: 'second', token: writer, subresource: null };
      expect(await patch(suspend, change)).toMatchObject(refused(said));
      expect(await patch({ metadata: suspend.metadata }, change)).toMatchObject(accepted);
      const pods = ['create', 'rolebinding', 'pods', '--clusterrole=edit', '-n', NAMESPACE];
      await cluster.kubectl([...pods, `--serviceaccount=${NAMESPACE}:writer`]);
      await waitUntil(async () => ((await create({}, { token: writer })).code === 201 ? true : null), {
        what: 'the job of somebody who may create pods to be taken',
        timeoutMs: 120_000,
      });
    });

    test("in the operator's own namespace is refused, whoever asks", async () => {
      const answer = await create({}, { namespace: SYSTEM });
      expect(answer).toMatchObject(refused(/not run in the operator's own namespace/u));
    });

    test.each<[string, object, RegExp]>([
      ['a service account', { workers: { template: { serviceAccountName: 'boss' } } }, /serviceAccountName/u],
      [
        'a path of the node as data',
        { volumes: { data: { hostPath: { path: '/' } }, output: { emptyDir: {} } } },
        /kind/u,
      ],
      [
        'a server of files as output',
        { volumes: { data: { emptyDir: {} }, output: { nfs: { server: 'a', path: '/' } } } },
        /kind/u,
      ],
      [
        'a further path of the node',
        { workers: { template: { volumes: [{ name: 'x', hostPath: { path: '/' } }] } } },
        /kind/u,
      ],
      ['the user root', rooted, /securityContext/u],
      [
        'any user',
        { workers: { template: { securityContext: { runAsNonRoot: false } } } },
        /securityContext/u,
      ],
      [
        'no seccomp profile',
        { workers: { template: { securityContext: { seccompProfile: { type: 'Unconfined' } } } } },
        /securityContext/u,
      ],
      [
        'a sysctl of the node',
        { workers: { template: { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } } } },
        /securityContext/u,
      ],
      [
        'no AppArmor profile',
        {
          workers: {
            template: {
              annotations: { 'container.apparmor.security.beta.kubernetes.io/trainer': 'unconfined' },
            },
          },
        },
        /AppArmor/u,
      ],
    ])('with %s is refused', async (_what, spec, said) => {
      const answer = await create(spec);
      expect(answer).toMatchObject(refused(ANSWERS));
      expect(answer.message).toMatch(said);
    });

    test('that stays within restricted Pod Security is taken', async () => {
      const template = {
        securityContext: {
          runAsUser: 2000,
          fsGroup: 2000,
          seccompProfile: { type: 'Localhost', localhostProfile: 'a' },
        },
        annotations: {
          'container.apparmor.security.beta.kubernetes.io/trainer': 'runtime/default',
          team: 'video',
        },
        volumes: [
          { name: 'more', configMap: { name: 'more' } },
          { name: 'memory', emptyDir: { medium: 'Memory' } },
        ],
      };
      expect(await create({ workers: { template } })).toMatchObject({ code: 201 });
    });

    test('is taken as it is where the chart says so', async () => {
      await upgradeChart(cluster, { jobPolicy: { allowBeyondRestricted: true, allowServiceAccounts: true } });
      const template = { serviceAccountName: 'boss', ...rooted.workers.template };
      const volumes = {
        data: { hostPath: { path: '/videos' } },
        output: { nfs: { server: 'a', path: '/' } },
      };
      await untilJobsAre('taken', { volumes, workers: { template } });
      const answer = await create({}, { namespace: SYSTEM });
      expect(answer).toMatchObject(refused(/not run in the operator's own namespace/u));
    });
  });
});
