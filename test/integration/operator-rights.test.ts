/**
 * The operator has the rights it uses and no others: it runs with the chart's own role against a real API server, through
 * everything that makes it ask for something, and the audit log says what it asked for.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { API_VERSION, PLURAL } from '../../multigrid/contract/names.ts';
import { valueAt, listAt, textAt } from '../../multigrid/json/fields.ts';
import { startControlPlane, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { createAuditLog, right, type Right } from '../support/chart/audit-log.ts';
import { CHART, helm, renderObjects } from '../support/chart/helm.ts';
import { createJob, installChart, OPERATOR, RELEASE, SYSTEM, tokenOf } from '../support/chart/installed.ts';
import { startOperator, type OperatorProcess } from '../support/chart/operator-process.ts';
import { clusterRequest } from '../support/cluster-request.ts';
import { untilAllowed } from '../support/cluster/until-allowed.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const NAMESPACE = 'video';
const USER = `system:serviceaccount:${SYSTEM}:${OPERATOR}`;
/** Asked for by an admission plugin, which never shows in the audit log; a test of its own below. */
const UNSEEN = right('update', 'training.multigrid.dev', 'multigridtrainingjobs/finalizers');
const PATIENCE_MS = 240_000;
// Longer than all that one test waits for.
jest.setTimeout(3_600_000);

const audit = createAuditLog(USER);
let cluster: ControlPlane;
let operator: OperatorProcess;

/** What is damaged, and put right. */
const CHILDREN = [
  'serviceaccount',
  'role',
  'rolebinding',
  'service',
  'networkpolicy',
  'lease',
  'controllerrevision',
];

const volumes = { data: { emptyDir: {} }, output: { emptyDir: {} } };
const data = { train: 'train.csv', val: 'val.csv', jitterScales: [66, 76], flip: false, clips: 1300 };

function kubectl(...args: readonly string[]): Promise<string> {
  return cluster.kubectl([...args, '-n', NAMESPACE]);
}

async function makeJob(name: string, runPolicy: object = {}): Promise<void> {
  // Two workers, which need a secret between them.
  await createJob(cluster, NAMESPACE, name, { volumes, data, runPolicy, workers: { replicas: 2 } });
}

/** Waits until kubectl prints something that matches. */
async function until(pattern: RegExp, ...args: readonly string[]): Promise<void> {
  let said = '';
  await waitUntil(
    async () => {
      said = await kubectl(...args).catch(String);
      return pattern.test(said) ? true : null;
    },
    { what: `${args.join(' ')} to print ${String(pattern)}`, timeoutMs: PATIENCE_MS, periodMs: 300 },
  ).catch((error: unknown) => {
    throw new Error(`it printed ${said}; the operator said\n${operator.log().slice(-3000)}`, {
      cause: error,
    });
  });
}

/** Suspends a job and lets it go on, with what was made for it damaged in between. */
async function suspendAndDamage(name: string): Promise<void> {
  await kubectl('patch', 'mgtj', name, '--type=merge', '-p', '{"spec":{"suspend":true}}');
  await until(/Suspended/, 'get', 'mgtj', name);
  await until(/NotFound/, 'get', 'job', name);
  for (const kind of CHILDREN) {
    await kubectl('label', kind, name, 'app.kubernetes.io/part-of-');
  }
  await kubectl('patch', 'mgtj', name, '--type=merge', '-p', '{"spec":{"suspend":false}}');
  await until(new RegExp(name), 'get', 'job', name);
}

/**
 * Lets a job run into its deadline for starting once the operator has seen its pods. A deadline that ran from the start
 * could be over before it may make any: for up to half a minute after a kind is new, the guard of owners refuses children
 * of that kind, because it knows it from a copy of the server's discovery that it renews at that pace.
 */
async function giveUp(name: string): Promise<void> {
  await until(/^[1-9]/, 'get', 'mgtj', name, '-o', 'jsonpath={.status.replicas}');
  await kubectl(
    'patch',
    'mgtj',
    name,
    '--type=merge',
    '-p',
    '{"spec":{"runPolicy":{"preRunningDeadlineSeconds":1}}}',
  );
}

/** Writes to a job while the operator does: sooner or later it is overtaken, and has to read what is there now. */
async function overtake(name: string, token: string): Promise<void> {
  const path = `/apis/${API_VERSION}/namespaces/${NAMESPACE}/${PLURAL}/${name}`;
  const change = (count: number): Promise<unknown> => {
    const body = { metadata: { annotations: { count: String(count) } }, spec: { suspend: count % 2 === 0 } };
    return clusterRequest(cluster, { token, method: 'PATCH', path, body });
  };
  for (let round = 0; round < 10; round += 1) {
    await Promise.all([0, 1, 2, 3].map((count) => change(4 * round + count)));
  }
}

function rightsIn(rules: unknown): readonly Right[] {
  return listAt({ rules }, 'rules').flatMap((rule) =>
    listAt(rule, 'verbs').flatMap((verb) =>
      listAt(rule, 'apiGroups').flatMap((group) =>
        listAt(rule, 'resources').map((resource) => right(String(verb), String(group), String(resource))),
      ),
    ),
  );
}

/** Everything that the chart allows the operator. */
async function grantedRights(): Promise<ReadonlySet<Right>> {
  const objects = await renderObjects({});
  const own = objects.filter(
    ({ kind, metadata }) => kind.endsWith('Role') && [OPERATOR, `${OPERATOR}-leader`].includes(metadata.name),
  );
  expect(own).toHaveLength(2);
  return new Set(own.flatMap((role) => rightsIn(role['rules'])));
}

describeIfPossible('the rights of the operator', () => {
  beforeAll(async () => {
    cluster = await startControlPlane({
      fakeNodes: { count: 1 },
      apiServerFlags: [
        ...audit.apiServerFlags,
        // Some clusters have it on; with it the operator must own what its children block the deletion of.
        '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
      ],
    });
    await installChart(cluster);
    await cluster.kubectl(['create', 'namespace', NAMESPACE]);
    operator = await startOperator(cluster);
  });
  afterAll(async () => {
    await operator.stop();
    await cluster.down();
    audit.remove();
  });

  test('through the lives of jobs it uses every right it has, and wants no other', async () => {
    // A Job of somebody else stands where this one's would be.
    await kubectl('create', 'job', 'taken', '--image=none');
    await Promise.all([
      makeJob('first'),
      makeJob('taken'),
      makeJob('late'),
      makeJob('brief', { ttlSecondsAfterFinished: 0 }),
    ]);
    await until(/first-0-/, 'get', 'pods');
    await until(/NameTaken/, 'get', 'mgtj', 'taken', '-o', 'wide');
    // They never train, so their pods are killed and their Jobs are suspended.
    await Promise.all(['late', 'brief'].map(giveUp));
    // Twice, so that the same note has to be written a second time.
    await suspendAndDamage('first');
    await suspendAndDamage('first');
    await until(/PreRunningDeadlineExceeded/, 'get', 'mgtj', 'late', '-o', 'wide');
    await until(/NotFound/, 'get', 'mgtj', 'brief');
    for (const kind of CHILDREN) {
      await until(/part-of/, 'get', kind, 'first', '-o', 'yaml');
    }

    const granted = await grantedRights();
    const expected = [...granted].filter((one) => one !== UNSEEN).toSorted();
    await kubectl('create', 'serviceaccount', 'person');
    await kubectl(
      'create',
      'rolebinding',
      'person',
      '--clusterrole=edit',
      `--serviceaccount=${NAMESPACE}:person`,
    );
    const person = await tokenOf(cluster, NAMESPACE, 'person');
    let unused: readonly Right[] = [];
    await waitUntil(
      async () => {
        const { used } = await audit.readRights();
        unused = expected.filter((one) => !used.has(one));
        if (unused.length === 0) {
          return true;
        }
        await overtake('first', person);
        return null;
      },
      { what: 'every right to be used', timeoutMs: PATIENCE_MS },
    ).catch(() => undefined); // said better by what is expected next
    expect(unused).toEqual([]);
    const { used, refused } = await audit.readRights();
    expect([...refused]).toEqual([]);
    expect([...used].filter((one) => !granted.has(one))).toEqual([]);
  });

  test('where the cluster guards owners, children need the right to finalize jobs', async () => {
    await kubectl('create', 'serviceaccount', 'poor');
    await kubectl('create', 'role', 'poor', '--verb=create', '--resource=services');
    await kubectl('create', 'rolebinding', 'poor', '--role=poor', `--serviceaccount=${NAMESPACE}:poor`);
    const token = await tokenOf(cluster, NAMESPACE, 'poor');
    const owner: unknown = JSON.parse(await kubectl('get', 'mgtj', 'first', '-o', 'json'));
    const body = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'child',
        ownerReferences: [
          {
            apiVersion: textAt(owner, 'apiVersion'),
            kind: textAt(owner, 'kind'),
            name: 'first',
            uid: textAt(owner, 'metadata', 'uid'),
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: { clusterIP: 'None' },
    };
    const create = async (): Promise<string> => {
      const path = `/api/v1/namespaces/${NAMESPACE}/services`;
      const { code, message } = await clusterRequest(cluster, { token, method: 'POST', path, body });
      return `${code} ${message}`;
    };
    await until(/yes/, 'auth', 'can-i', 'create', 'services', `--as=system:serviceaccount:${NAMESPACE}:poor`);
    expect(await create()).toMatch(/^403 .*cannot set blockOwnerDeletion/);
    const finalize = ['--verb=update', '--resource=multigridtrainingjobs.training.multigrid.dev/finalizers'];
    await kubectl('create', 'role', 'finalizer', ...finalize);
    await kubectl(
      'create',
      'rolebinding',
      'finalizer',
      '--role=finalizer',
      `--serviceaccount=${NAMESPACE}:poor`,
    );
    await waitUntil(async () => (/^(?:201|409)/.test(await create()) ? true : null), {
      what: 'the child to be made',
      timeoutMs: PATIENCE_MS,
    });
  });

  test('with a list of namespaces it needs rights in those only, and looks at nothing else', async () => {
    await operator.stop();
    await cluster.kubectl(['create', 'namespace', 'elsewhere']);
    const values = { replicas: 0, watchNamespaces: [NAMESPACE] };
    await helm(['upgrade', RELEASE, CHART, '-n', SYSTEM], { values, kubeconfig: cluster.kubeconfigPath });
    const roles = await cluster.kubectl(['get', 'clusterroles', '-o', 'name']);
    expect(roles.split('\n')).not.toContain(`clusterrole.rbac.authorization.k8s.io/${OPERATOR}`);
    await untilAllowed(cluster, `${SYSTEM}/${OPERATOR}`, ['list', 'pods', '-n', NAMESPACE]);
    const before = await audit.readRights();
    operator = await startOperator(cluster, [`--namespaces=${NAMESPACE}`]);
    await createJob(cluster, 'elsewhere', 'ignored', { volumes, data });
    await makeJob('fenced');
    await until(/fenced-0-/, 'get', 'pods');
    expect(await cluster.kubectl(['get', 'pods,jobs,services', '-n', 'elsewhere', '-o', 'name'])).toBe('');
    const { refused } = await audit.readRights();
    expect([...refused].filter((one) => !before.refused.has(one))).toEqual([]);
  });

  test('after all of that it ends in order when it is told to', async () => {
    expect(await operator.stop()).toBe(0);
    const lease: unknown = JSON.parse(
      await cluster.kubectl(['get', 'lease', OPERATOR, '-n', SYSTEM, '-o', 'json']),
    );
    expect(valueAt(lease, 'spec', 'holderIdentity') ?? '').toBe('');
  });
});
