/**
 * What a cluster brings for training, as data: is it there, does it know jobs of this version, may this person train in
 * it, does an operator work, are there GPUs. In comes an API client, out come findings; what may not be looked at is a
 * finding too, never an error.
 */
import { isDeepStrictEqual } from 'node:util';
import { API_VERSION, CRD_NAME, PLURAL } from '../../multigrid/contract/names.ts';
import { isStatus } from '../../kube/api-errors.ts';
import { anyErrorInWords } from '../cluster/cluster-errors.ts';
import type { Cluster } from '../cluster/connect.ts';
import { valueAt, listAt, numberAt, textAt } from '../../multigrid/json/fields.ts';

/** `unknown`: this person may not look. */
export type Verdict = 'ok' | 'missing' | 'unknown';

export interface Finding {
  readonly verdict: Verdict;
  /** What is there, or what to do. */
  readonly text: string;
}

export interface ClusterFindings {
  /** Not ok: nothing else could be asked. */
  readonly apiServer: Finding;
  readonly crd: Finding | null;
  readonly rights: Finding | null;
  readonly operator: Finding | null;
  readonly gpus: Finding | null;
}

export interface ExamineClusterOptions {
  /** The CRD of this program, parsed. */
  readonly crd: unknown;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

const [GROUP = '', VERSION = ''] = API_VERSION.split('/');
const GPU = 'nvidia.com/gpu';
const NOT_FOUND = 404;
const FORBIDDEN = 403;
/** What training by hand and watching it needs. */
const NEEDED = [
  { verb: 'create', group: GROUP, resource: PLURAL },
  { verb: 'get', group: GROUP, resource: PLURAL },
  { verb: 'watch', group: GROUP, resource: PLURAL },
  { verb: 'delete', group: GROUP, resource: PLURAL },
  { verb: 'list', group: '', resource: 'pods' },
  { verb: 'get', group: '', resource: 'pods', subresource: 'log' },
] as const;

export async function examineCluster(
  api: Cluster,
  { crd, nowMs }: ExamineClusterOptions,
): Promise<ClusterFindings> {
  const apiServer = await lookAt(async () => {
    const version = textAt(await read(api, '/version'), 'gitVersion') ?? 'of an unknown version';
    return { verdict: 'ok', text: `${api.server}, Kubernetes ${version}` };
  });
  if (apiServer.verdict !== 'ok') {
    return unreachable(apiServer.text);
  }
  const [known, rights, operator, gpus] = await Promise.all([
    lookAt(() => crdFinding(api, crd)),
    lookAt(() => rightsFinding(api)),
    lookAt(() => operatorFinding(api, nowMs)),
    lookAt(() => gpuFinding(api)),
  ]);
  return { apiServer, crd: known, rights, operator, gpus };
}

/** Findings where there is no cluster to ask. */
export function unreachable(why: string): ClusterFindings {
  return {
    apiServer: { verdict: 'missing', text: why },
    crd: null,
    rights: null,
    operator: null,
    gpus: null,
  };
}

async function lookAt(look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return { verdict: isStatus(error, FORBIDDEN) ? 'unknown' : 'missing', text: anyErrorInWords(error) };
  }
}

async function crdFinding(api: Cluster, ours: unknown): Promise<Finding> {
  let theirs: unknown;
  try {
    theirs = await read(api, `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${CRD_NAME}`);
  } catch (error) {
    if (isStatus(error, NOT_FOUND)) {
      return {
        verdict: 'missing',
        text: 'MultigridTrainingJob is not installed: install charts/multigrid-operator',
      };
    }
    if (isStatus(error, FORBIDDEN)) {
      // Discovery is open to everybody, and says at least whether the kind is there.
      return discoveredFinding(api);
    }
    throw error;
  }
  const established = listAt(theirs, 'status', 'conditions').find(
    (one) => textAt(one, 'type') === 'Established',
  );
  if (textAt(established, 'status') !== 'True') {
    return {
      verdict: 'missing',
      text: `the CRD is installed but not established: ${textAt(established, 'message') ?? ''}`,
    };
  }
  return isDeepStrictEqual(schemaOf(theirs), schemaOf(ours))
    ? { verdict: 'ok', text: `${API_VERSION}, the same as this program's` }
    : {
        verdict: 'missing',
        text: `${API_VERSION} is installed with a schema that differs from this program's: upgrade the chart or this program`,
      };
}

async function discoveredFinding(api: Cluster): Promise<Finding> {
  const found = await read(api, `/apis/${API_VERSION}`).catch((error: unknown) => {
    if (isStatus(error, NOT_FOUND)) {
      return null;
    }
    throw error;
  });
  return found === null
    ? { verdict: 'missing', text: 'MultigridTrainingJob is not installed: have the chart installed' }
    : { verdict: 'unknown', text: `${API_VERSION} is installed; you may not read its schema` };
}

function schemaOf(crd: unknown): unknown {
  const version = listAt(crd, 'spec', 'versions').find((one) => textAt(one, 'name') === VERSION);
  return valueAt(version, 'schema');
}

async function rightsFinding(api: Cluster): Promise<Finding> {
  const { namespace } = api;
  const answers = await Promise.all(
    NEEDED.map(async (needed) => {
      const { verb, group, resource } = needed;
      const subresource = 'subresource' in needed ? needed.subresource : undefined;
      const review = await api.client.request({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { namespace, verb, group, resource, subresource } },
        },
      });
      const name = subresource === undefined ? resource : `${resource}/${subresource}`;
      return valueAt(review, 'status', 'allowed') === true ? null : `${verb} ${name}`;
    }),
  );
  const missing = answers.filter((answer) => answer !== null);
  return missing.length === 0
    ? { verdict: 'ok', text: `you may train in namespace ${namespace} and read its logs` }
    : {
        verdict: 'missing',
        text: `in namespace ${namespace} you may not ${missing.join(', ')}: ask for the role edit`,
      };
}

async function operatorFinding(api: Cluster, nowMs: number): Promise<Finding> {
  const list = await read(api, '/apis/apps/v1/deployments', {
    labelSelector: 'app.kubernetes.io/part-of=multigrid,app.kubernetes.io/component=operator',
  });
  const [deployment] = listAt(list, 'items');
  if (deployment === undefined) {
    return { verdict: 'missing', text: 'no operator is installed: nothing will reconcile jobs' };
  }
  const namespace = textAt(deployment, 'metadata', 'namespace') ?? '';
  const name = textAt(deployment, 'metadata', 'name') ?? '';
  const place = `${namespace}/${name}`;
  const ready = numberAt(deployment, 'status', 'readyReplicas') ?? 0;
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1;
  if (ready === 0) {
    return {
      verdict: 'missing',
      text: `${place} has no ready replica of ${wanted}: kubectl -n ${namespace} describe pods -l app.kubernetes.io/component=operator`,
    };
  }
  const leader = await leaderOf(api, { namespace, name }, nowMs);
  return leader.isAlive
    ? { verdict: 'ok', text: `${place}, ${ready} of ${wanted} ready, ${leader.holder} leads` }
    : { verdict: 'missing', text: `${place}: no leader (${leader.why}); see its log` };
}

type Leader =
  { readonly isAlive: true; readonly holder: string } | { readonly isAlive: false; readonly why: string };

/** The lease has the name of the deployment. */
async function leaderOf(
  api: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  nowMs: number,
): Promise<Leader> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  const lease = await read(api, path).catch((error: unknown) => {
    if (isStatus(error, NOT_FOUND)) {
      return null;
    }
    throw error;
  });
  const holder = textAt(lease, 'spec', 'holderIdentity') ?? '';
  const renewedMs = Date.parse(textAt(lease, 'spec', 'renewTime') ?? '');
  const durationMs = (numberAt(lease, 'spec', 'leaseDurationSeconds') ?? 0) * 1000;
  const ageMs = nowMs - renewedMs;
  if (holder === '' || Number.isNaN(renewedMs)) {
    return { isAlive: false, why: 'nobody holds the lease' };
  }
  return ageMs > durationMs
    ? { isAlive: false, why: `the lease was last renewed ${Math.round(ageMs / 1000)} s ago` }
    : { isAlive: true, holder };
}

async function gpuFinding(api: Cluster): Promise<Finding> {
  const nodes = listAt(await read(api, '/api/v1/nodes'), 'items').map((node) => ({
    allocatable: Number(textAt(node, 'status', 'allocatable', GPU) ?? '0'),
    capacity: Number(textAt(node, 'status', 'capacity', GPU) ?? '0'),
  }));
  const withGpus = nodes.filter(({ capacity }) => capacity > 0);
  const sum = (key: 'allocatable' | 'capacity'): number =>
    withGpus.reduce((total, node) => total + node[key], 0);
  if (withGpus.length === 0) {
    return {
      verdict: 'missing',
      text: `none of ${nodes.length} nodes offers ${GPU}: jobs train on CPUs`,
    };
  }
  const unhealthy = sum('capacity') - sum('allocatable');
  const tail = unhealthy > 0 ? `, ${unhealthy} of them unhealthy` : '';
  return {
    verdict: sum('allocatable') > 0 ? 'ok' : 'missing',
    text: `${sum('capacity')} on ${withGpus.length} of ${nodes.length} nodes${tail}`,
  };
}

function read(
  { client }: Cluster,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return client.request({ method: 'GET', path, query });
}
