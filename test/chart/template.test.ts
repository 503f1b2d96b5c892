/** What the chart renders to: snapshots to review by eye, and the promises that must hold in every one of them. */
import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import packageManifest from '../../package.json' with { type: 'json' };
import { listAt, textAt } from '../../multigrid/json/fields.ts';
import { readConfig } from '../../operator/config.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { CHART, helm, HelmError, render, renderObjects, type Rendered } from '../support/chart/helm.ts';
import { VALUE_SETS } from './value-sets.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const SETS = Object.entries(VALUE_SETS);

function one(objects: readonly Rendered[], kind: string): Rendered {
  const found = objects.filter((object) => object.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!;
}

function named(objects: readonly Rendered[], kind: string): readonly string[] {
  return objects
    .filter((object) => object.kind === kind)
    .map(({ metadata }) => [metadata.namespace, metadata.name].filter((part) => part !== undefined).join('/'))
    .toSorted();
}

describeIfPossible('the chart', () => {
  test('helm lint has nothing to say', async () => {
    expect(await helm(['lint', '--strict', CHART])).toContain('0 chart(s) failed');
  });

  describe.each(SETS)('with the values "%s"', (_name, values) => {
    test('renders as reviewed', async () => {
      // The CRD and the dashboard have sources of their own and would only bury the rest.
      const text = await render(values);
      const reviewed = text
        .split(/^(?=---\n)/m)
        .filter((part) => !/kind: CustomResourceDefinition|multigrid\.json/.test(part));
      expect(reviewed.join('')).toMatchSnapshot();
    });

    test('runs the operator under restricted Pod Security with a read-only root', async () => {
      const deployment = one(await renderObjects(values), 'Deployment');
      expect(deployment).toMatchObject({
        spec: {
          template: {
            spec: {
              securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
              containers: [
                {
                  securityContext: {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ['ALL'] },
                  },
                },
              ],
            },
          },
        },
      });
    });
  });

  test('chart, operator and package have one version', async () => {
    const chart: unknown = parse(await readFile(`${CHART}/Chart.yaml`, 'utf8'));
    const { version } = packageManifest;
    expect(chart).toMatchObject({ version, appVersion: version });
  });

  test('the CRD is the one of this version, kept when the chart goes unless that is switched off', async () => {
    const ours: unknown = parse(await readFile('crds/multigridtrainingjob.yaml', 'utf8'));
    const crd = one(await renderObjects({}), 'CustomResourceDefinition');
    expect({ ...crd, metadata: { name: crd.metadata.name } }).toEqual(ours);
    expect(crd).toMatchObject({ metadata: { annotations: { 'helm.sh/resource-policy': 'keep' } } });
    const loose = one(await renderObjects({ crds: { keep: false } }), 'CustomResourceDefinition');
    expect(loose.metadata).not.toHaveProperty('annotations');
    expect(named(await renderObjects({ crds: { install: false } }), 'CustomResourceDefinition')).toEqual([]);
  });

  test('watching all namespaces needs a ClusterRole; watching some needs a Role in each and no ClusterRole', async () => {
    const all = await renderObjects({ rbac: { aggregateToUserRoles: false } });
    expect(named(all, 'ClusterRole')).toEqual(['mgt-multigrid-operator']);
    expect(named(all, 'Role')).toEqual(['multigrid-system/mgt-multigrid-operator-leader']);
    const values = { watchNamespaces: ['one', 'two'], rbac: { aggregateToUserRoles: false } };
    const some = await renderObjects(values);
    expect(named(some, 'ClusterRole')).toEqual([]);
    expect(named(some, 'ClusterRoleBinding')).toEqual([]);
    expect(named(some, 'Role')).toEqual([
      'kube-node-lease/mgt-multigrid-operator-nodes',
      'multigrid-system/mgt-multigrid-operator-leader',
      'one/mgt-multigrid-operator',
      'two/mgt-multigrid-operator',
    ]);
    expect(named(some, 'RoleBinding')).toEqual(named(some, 'Role'));
    const fewer = await renderObjects({ ...values, nodeLeases: false });
    expect(named(fewer, 'Role')).not.toContain('kube-node-lease/mgt-multigrid-operator-nodes');
    expect(named(fewer, 'RoleBinding')).toEqual(named(fewer, 'Role'));
  });

  test('the operator understands every setting of its container', async () => {
    const values = {
      trainer: { image: { repository: 'registry.example/trainer', tag: '7' } },
      watchNamespaces: ['one', 'two'],
      nodeLeases: false,
      concurrency: 3,
      logLevel: 'debug',
      leaderElection: { leaseDurationSeconds: 30, renewDeadlineSeconds: 20, retryPeriodSeconds: 5 },
    };
    const deployment = one(await renderObjects(values), 'Deployment');
    const [container] = listAt(deployment, 'spec', 'template', 'spec', 'containers');
    const variables = listAt(container, 'env').map((variable): [string, string] => [
      textAt(variable, 'name') ?? '',
      textAt(variable, 'value') ?? textAt(variable, 'valueFrom', 'fieldRef', 'fieldPath') ?? '',
    ]);
    const asked = new Set<string>();
    const environment = new Proxy(Object.fromEntries(variables), {
      get: (target, name) => {
        asked.add(String(name));
        return Reflect.get(target, name) as unknown;
      },
    });
    expect(readConfig([], environment)).toEqual({
      kubeconfig: null,
      namespaces: ['one', 'two'],
      hasNodeLeases: false,
      trainerImage: 'registry.example/trainer:7',
      lease: {
        namespace: 'metadata.namespace',
        name: 'mgt-multigrid-operator',
        leaseMs: 30_000,
        renewDeadlineMs: 20_000,
        retryMs: 5000,
      },
      concurrency: 3,
      logLevel: 'debug',
      metricsPort: 8080,
      healthPort: 8081,
      identity: 'metadata.name',
    });
    expect(variables.map(([name]) => name).filter((name) => !asked.has(name))).toEqual([]);
  });

  test('no right has a wildcard', async () => {
    const objects = await renderObjects({});
    const rules = objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
    expect(rules.length).toBeGreaterThan(2);
    expect(JSON.stringify(rules.map((role) => role['rules']))).not.toContain('*');
  });

  test('one replica has no disruption budget, which would keep its node from being drained', async () => {
    expect(named(await renderObjects({ replicas: 1 }), 'PodDisruptionBudget')).toEqual([]);
    expect(named(await renderObjects({}), 'PodDisruptionBudget')).toHaveLength(1);
  });

  test('names stay within what Kubernetes takes, however long the release is called', async () => {
    const objects = await renderObjects({ fullnameOverride: 'a'.repeat(63) });
    const names = objects.map(({ metadata }) => metadata.name);
    expect(
      Math.max(...names.filter((name) => name.startsWith('aaa')).map((name) => name.length)),
    ).toBeLessThan(64);
  });

  test('the notes say what to do next, and what is switched off', async () => {
    // `helm template` prints no notes; a dry run on the client does, and asks no cluster.
    const notes = await helm(['install', 'mgt', CHART, '--dry-run=client', '-n', 'video'], {
      values: VALUE_SETS['smallest'] ?? {},
      kubeconfig: '/dev/null',
    });
    expect(notes).toContain('kubectl get mgtj -w');
    expect(notes).toContain('crds.install is false');
    expect(notes).toContain('admissionPolicy.enabled is false');
    expect(notes).toContain('jobPolicy.enabled is false');
  });

  describe('values are refused', () => {
    test.each([
      ['a name that is not there', { replica: 2 }, /replica/],
      ['a name that is not there, deep down', { metrics: { serviceMonitor: { enable: true } } }, /enable/],
      ['a number as text', { replicas: '2' }, /replicas/],
      ['nothing at a time', { concurrency: 0 }, /concurrency/],
      ['a log level nobody has', { logLevel: 'loud' }, /logLevel/],
      ['an image with its tag in the repository', { image: { repository: 'a/b:latest@x' } }, /repository/],
      ['a digest that is none', { image: { digest: 'latest' } }, /digest/],
      ['a namespace that cannot be one', { watchNamespaces: ['Video'] }, /watchNamespaces/],
      ['a namespace twice', { watchNamespaces: ['video', 'video'] }, /watchNamespaces/],
      ['memory in words', { resources: { limits: { memory: 'lots' } } }, /memory/],
      ['no service account', { serviceAccount: { create: false } }, /serviceAccount\.name/],
      [
        'a ServiceMonitor without its Service',
        { metrics: { service: { enabled: false }, serviceMonitor: { enabled: true } } },
        /metrics\.service\.enabled/,
      ],
      [
        'a renewal that is later than the lease ends',
        { leaderElection: { leaseDurationSeconds: 10, renewDeadlineSeconds: 10 } },
        /renewDeadlineSeconds/,
      ],
    ])('%s', async (_what, values, complaint) => {
      await expect(render(values)).rejects.toThrow(HelmError);
      await expect(render(values)).rejects.toThrow(complaint);
    });

    test('by clusters that are too old', async () => {
      await expect(render({}, '--kube-version', '1.30.0')).rejects.toThrow(
        /incompatible with Kubernetes v1\.30\.0/,
      );
      await expect(render({}, '--kube-version', '1.31.0-eks-1')).resolves.toContain('kind: Deployment');
    });
  });
});
