/**
 * The same interface on kind, for people with Docker: `CLUSTER=kind`. Nodes are containers that are killed, started and
 * unplugged by docker; GPUs are entries in the nodes' status. Written from kind's and docker's documentation; the
 * project's own machines have no Docker, so that it has not been run there.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { findProgram } from '../binaries/debian-packages.ts';
import { runKubectl } from '../control-plane/kubectl.ts';
import { kubeconfigFile } from '../control-plane/users.ts';
import { waitUntil } from '../control-plane/wait-until.ts';
import type { Cluster, ClusterOptions } from '../interface.ts';
import { claimRunFolder, type RunFolder } from '../run-folder/run-folder.ts';
import { KIND_NOTE } from '../run-folder/sweep.ts';
import { kindConfig } from './kind-config.ts';

const run = promisify(execFile);

const MANIFESTS = '/etc/kubernetes/manifests';
const API_SERVER_MANIFEST = 'kube-apiserver.yaml';
const PATIENCE_MS = 180_000;

/** Why kind cannot be used here, or null when it can. */
export function whyNoKind(): string | null {
  const missing = ['docker', 'kind'].filter((program) => findProgram(program) === null);
  return missing.length === 0 ? null : `CLUSTER=kind needs ${missing.join(', ')}`;
}

/** @throws Error when docker or kind fail; nothing is left then */
export async function startKindCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = await claimRunFolder('nodes');
  try {
    return await boot(folder, options);
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function boot(folder: RunFolder, options: ClusterOptions): Promise<Cluster> {
  const name = `multigrid-nodes-${folder.number}`;
  const sharedFolder = join(folder.path, 'shared');
  mkdirSync(sharedFolder, { mode: 0o777 });
  // Before there is a cluster: whoever sweeps the folder deletes it by this note.
  writeFileSync(join(folder.path, KIND_NOTE), name);
  const config = join(folder.path, 'kind.yaml');
  writeFileSync(config, stringify(kindConfig({ name, sharedFolder, options })));
  const kubeconfigPath = kubeconfigFile(folder.path, 'admin');
  await run('kind', [
    'create',
    'cluster',
    '--config',
    config,
    '--kubeconfig',
    kubeconfigPath,
    '--wait',
    '180s',
  ]);
  const cluster = clusterOf(name, folder, sharedFolder, options);
  for (const archive of options.images ?? []) {
    await run('kind', ['load', 'image-archive', archive, '--name', name]);
  }
  const gpus = options.gpusPerNode ?? 0;
  if (gpus > 0) {
    await Promise.all(cluster.nodes.map((node) => setGpuCount(cluster, node, gpus)));
  }
  return cluster;
}

function clusterOf(name: string, folder: RunFolder, sharedFolder: string, options: ClusterOptions): Cluster {
  const kubeconfigPath = kubeconfigFile(folder.path, 'admin');
  const kubeconfig = readFileSync(kubeconfigPath, 'utf8');
  const broken = new Map<string, Set<number>>();
  const plane = planeOf(`${name}-control-plane`, kubeconfigPath);
  const cluster: Cluster = {
    ...plane,
    kubeconfigPath,
    kubeconfig,
    url: /server: (\S+)/u.exec(kubeconfig)?.[1] ?? '',
    kubectl: (args, input) => runKubectl(kubeconfigPath, args, input),
    down: () => folder.remove(),
    // kind numbers its workers from the second on.
    nodes: Array.from(
      { length: options.nodes ?? 2 },
      (_, index) => `${name}-worker${index === 0 ? '' : index + 1}`,
    ),
    sharedFolder,
    crashNode: (node) => docker('kill', node),
    reviveNode: (node) => docker('start', node),
    partition: (node) => docker('network', 'disconnect', 'kind', node),
    heal: (node) => docker('network', 'connect', 'kind', node),
    setGpuHealth: async (node, gpu, isHealthy) => {
      const ill = broken.get(node) ?? new Set<number>();
      broken.set(node, ill);
      if (isHealthy) {
        ill.delete(gpu);
      } else {
        ill.add(gpu);
      }
      await setGpuCount(cluster, node, (options.gpusPerNode ?? 0) - ill.size);
    },
  };
  return cluster;
}

type PlaneSwitches = Pick<
  Cluster,
  'stopApiServer' | 'startApiServer' | 'restartApiServer' | 'pauseApiServer' | 'resumeApiServer'
>;

/** The API server is a static pod: it ends and starts with its manifest. */
function planeOf(container: string, kubeconfigPath: string): PlaneSwitches {
  const inPlane = (...command: readonly string[]): Promise<void> => docker('exec', container, ...command);
  const answers = async (): Promise<true | null> => {
    try {
      await runKubectl(kubeconfigPath, ['get', '--raw', '/readyz']);
      return true;
    } catch {
      return null; // not yet, or not any more: the caller waits with an end
    }
  };
  const stopApiServer = async (): Promise<void> => {
    await inPlane('mv', `${MANIFESTS}/${API_SERVER_MANIFEST}`, `/${API_SERVER_MANIFEST}`);
    const isGone = async (): Promise<true | null> => ((await answers()) === null ? true : null);
    await waitUntil(isGone, { what: 'the end of the API server', timeoutMs: PATIENCE_MS });
  };
  const startApiServer = async (): Promise<void> => {
    await inPlane('mv', `/${API_SERVER_MANIFEST}`, `${MANIFESTS}/${API_SERVER_MANIFEST}`);
    await waitUntil(answers, { what: 'a ready API server', timeoutMs: PATIENCE_MS });
  };
  return {
    stopApiServer,
    startApiServer,
    restartApiServer: async () => {
      await stopApiServer();
      await startApiServer();
    },
    pauseApiServer: () => inPlane('pkill', '-STOP', 'kube-apiserver'),
    resumeApiServer: () => inPlane('pkill', '-CONT', 'kube-apiserver'),
  };
}

async function docker(...args: readonly string[]): Promise<void> {
  await run('docker', [...args]);
}

/** Extended resources need no plugin when they are written into the node's status. */
async function setGpuCount(cluster: Cluster, node: string, count: number): Promise<void> {
  const path = (field: string): string => `/status/${field}/nvidia.com~1gpu`;
  const patch = ['capacity', 'allocatable'].map((field) => ({
    op: 'add',
    path: path(field),
    value: String(count),
  }));
  await cluster.kubectl([
    'patch',
    'node',
    node,
    '--subresource=status',
    '--type=json',
    '-p',
    JSON.stringify(patch),
  ]);
}
