/** The chart in a test cluster, and jobs with what belongs to them: what several integration tests begin with. */
import { parse, stringify } from 'yaml';
import { accountOf, bindingOf, serviceAccountName } from '../../../operator/workers/access.ts';
import { readJob } from '../../../multigrid/api/read-job.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import { isStoredJob } from '../../../multigrid/object/job-text.ts';
import type { ControlPlane } from '../../cluster/cluster.ts';
import { makeManifestSpec, makeStoredJob } from '../run/jobs.ts';
import { CHART, helm } from './helm.ts';
import { untilAllowed } from '../cluster/until-allowed.ts';

export const SYSTEM = 'multigrid-system';
export const RELEASE = 'mgt';
/** Name of the operator's deployment, service account and lease. */
export const OPERATOR = 'mgt-multigrid-operator';

/** Installs the chart without any operator running, unless `values` say otherwise. */
export async function installChart(cluster: ControlPlane, values: object = {}): Promise<void> {
  await helm(['install', RELEASE, CHART, '--namespace', SYSTEM, '--create-namespace'], {
    values: { replicas: 0, ...values },
    kubeconfig: cluster.kubeconfigPath,
  });
  await cluster.kubectl([
    'wait',
    '--for=condition=Established',
    'crd/multigridtrainingjobs.training.multigrid.dev',
  ]);
  const operator = `${SYSTEM}/${OPERATOR}` as const;
  await untilAllowed(cluster, operator, ['list', 'mgtj', '--all-namespaces']);
  await untilAllowed(cluster, operator, ['create', 'leases', '-n', SYSTEM]);
}

/** Upgrades the installed chart to other values, still without any operator running. */
export async function upgradeChart(cluster: ControlPlane, values: object): Promise<void> {
  await helm(['upgrade', RELEASE, CHART, '--namespace', SYSTEM], {
    values: { replicas: 0, ...values },
    kubeconfig: cluster.kubeconfigPath,
  });
}

/** Applies a legal job, as a person would. */
export async function createJob(
  cluster: ControlPlane,
  namespace: string,
  name: string,
  spec: object = {},
): Promise<StoredJob> {
  const volumes = {
    data: { persistentVolumeClaim: { claimName: 'clips' } },
    output: { persistentVolumeClaim: { claimName: 'runs' } },
  };
  const job = makeStoredJob(name, makeManifestSpec({ volumes, ...spec }));
  const created: unknown = JSON.parse(
    await cluster.kubectl(['apply', '-n', namespace, '-f', '-', '-o', 'json'], JSON.stringify(job)),
  );
  if (!isStoredJob(created)) {
    throw new TypeError(`the API server made another job of ${name}`);
  }
  return created;
}

/**
 * Makes the service account, role and binding that the operator makes for a job.
 *
 * @returns a token of the trainer, as its pod would have it
 */
export async function createAccess(cluster: ControlPlane, job: StoredJob): Promise<string> {
  const { namespace = '' } = job.metadata;
  const training = { ...job, spec: readJob(job) };
  const children = [...accountOf(training), bindingOf(training)];
  const list = { apiVersion: 'v1', kind: 'List', items: children };
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(list));
  const account = serviceAccountName(training);
  const write = ['patch', `mgtj/${job.metadata.name}`, '--subresource=status', '-n', namespace];
  await untilAllowed(cluster, `${namespace}/${account}`, write);
  return tokenOf(cluster, namespace, account);
}

/** A token of a service account. */
export async function tokenOf(cluster: ControlPlane, namespace: string, account: string): Promise<string> {
  return (await cluster.kubectl(['create', 'token', account, '-n', namespace])).trim();
}

/** The same cluster, as whoever holds a token. */
export function kubeconfigWith(kubeconfig: string, token: string): string {
  const config = parse(kubeconfig) as { users: { name: string; user: object }[] };
  const users = config.users.map(({ name }) => ({ name, user: { token } }));
  return stringify({ ...config, users });
}
