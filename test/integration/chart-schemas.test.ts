/** Everything the chart renders, and every example, against the schemas of the API server that runs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane, toolPath, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { VALUE_SETS } from '../chart/value-sets.ts';
import { CHART, helm, render } from '../support/chart/helm.ts';
import { installChart, RELEASE, SYSTEM } from '../support/chart/installed.ts';
import { writeSchemas } from '../support/chart/server-schemas.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
/** Kinds of the Prometheus operator, which this server does not have. */
const NOT_HERE = 'ServiceMonitor,PodMonitor,PrometheusRule';

describeIfPossible('the chart, held to a real API server', () => {
  let cluster: ControlPlane;
  let folder: string;
  let location: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'multigrid-schemas-'));
    cluster = await startControlPlane();
    await installChart(cluster);
    location = await writeSchemas(cluster, folder);
  });
  afterAll(async () => {
    await cluster.down();
    await rm(folder, { recursive: true });
  });

  /** What kubeconform says of manifests; it ends with an error when one is not valid. */
  function kubeconform(manifests: string): Promise<string> {
    return new Promise((resolve) => {
      const args = ['-strict', '-summary', '-schema-location', location, '-skip', NOT_HERE];
      const child = execFile(toolPath('kubeconform'), args, (_error, stdout, stderr) => {
        resolve(stdout + stderr);
      });
      child.stdin?.end(manifests);
    });
  }

  test.each(Object.entries(VALUE_SETS))(
    'with the values "%s" every object is valid',
    async (_name, values) => {
      expect(await kubeconform(await render(values))).toMatch(/Valid: [1-9]\d*, Invalid: 0, Errors: 0/);
    },
  );

  test('a field that is not there would be found', async () => {
    const wrong = (await render({})).replace('enableServiceLinks:', 'enableServiceLink:');
    expect(await kubeconform(wrong)).toMatch(/enableServiceLink[\s\S]*Invalid: 1, Errors: 0/);
  });

  test('the server itself would take all of it, with and without namespaces of its own', async () => {
    for (const namespace of ['video', 'research']) {
      await cluster.kubectl(['create', 'namespace', namespace]);
    }
    for (const values of Object.values(VALUE_SETS)) {
      // Kinds that this server does not know are left out.
      const quiet = { ...values, metrics: { dashboard: { enabled: true } } };
      const rendered = await render({ ...quiet, fullnameOverride: 'dry' }, '--set', 'crds.install=false');
      const args = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];
      expect(await cluster.kubectl(args, rendered)).toContain('server dry run');
    }
  });

  test('it is upgraded and rolled back, the CRD with it, and the jobs are left alone when it goes', async () => {
    const onServer = { kubeconfig: cluster.kubeconfigPath };
    const upgrade = (values: object): Promise<string> =>
      helm(['upgrade', RELEASE, CHART, '-n', SYSTEM], { values: { replicas: 0, ...values }, ...onServer });
    const crd = 'crd/multigridtrainingjobs.training.multigrid.dev';
    // An older CRD, as it would be before an upgrade.
    const short = [{ op: 'remove', path: '/spec/names/shortNames' }];
    await cluster.kubectl(['patch', crd, '--type=json', '-p', JSON.stringify(short)]);
    await cluster.kubectl(['apply', '-f', 'examples/quickstart.yaml', '-n', 'default']);
    await upgrade({ concurrency: 3, watchNamespaces: ['video'] });
    expect(await cluster.kubectl(['get', crd, '-o', 'jsonpath={.spec.names.shortNames}'])).toBe('["mgtj"]');
    expect(await cluster.kubectl(['get', 'role', '-n', 'video', '-o', 'name'])).toContain(
      'multigrid-operator',
    );
    await helm(['rollback', RELEASE, '1', '-n', SYSTEM], onServer);
    expect(await cluster.kubectl(['get', 'role', '-n', 'video', '-o', 'name'])).toBe('');
    await helm(['uninstall', RELEASE, '-n', SYSTEM, '--wait'], onServer);
    expect(await cluster.kubectl(['get', 'mgtj', '-n', 'default', '-o', 'name'])).toContain('quickstart');
    const all = [
      'clusterrole,clusterrolebinding,role,rolebinding,deployment,service,serviceaccount,networkpolicy',
    ];
    const policies =
      'validatingadmissionpolicy,validatingadmissionpolicybinding,configmap,poddisruptionbudget';
    const left = await cluster.kubectl([
      'get',
      `${all.join(',')},${policies}`,
      '-A',
      '-o',
      'name',
      '-l',
      'app.kubernetes.io/part-of=multigrid',
    ]);
    expect(left).toBe('');
    // Installed again it takes the CRD that it left.
    await installChart(cluster);
    await helm(['uninstall', RELEASE, '-n', SYSTEM], onServer);
  });

  test('with crds.keep false the CRD goes too', async () => {
    await installChart(cluster, { crds: { keep: false } });
    await helm(['uninstall', RELEASE, '-n', SYSTEM, '--wait'], { kubeconfig: cluster.kubeconfigPath });
    await expect(cluster.kubectl(['get', 'mgtj', '-A'])).rejects.toThrow(
      /have a resource type|could not find the requested resource/,
    );
  });

  test('a CRD that somebody applied by hand is adopted when that is said', async () => {
    await cluster.kubectl(['apply', '-f', 'crds/']);
    const install = ['install', RELEASE, CHART, '-n', SYSTEM];
    const onServer = { values: { replicas: 0 }, kubeconfig: cluster.kubeconfigPath };
    await expect(helm(install, onServer)).rejects.toThrow(/invalid ownership metadata/);
    await helm([...install, '--take-ownership'], onServer);
    expect(
      await cluster.kubectl(['get', 'crd', '-o', 'name', '-l', 'app.kubernetes.io/part-of=multigrid']),
    ).toContain('multigridtrainingjobs');
  });
});
