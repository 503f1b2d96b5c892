/**
 * Which cluster, and as whom: as kubectl finds it out. In come a file (or a list of them) and a context, out comes a client
 * and where it is. The client library takes a good part of a second to load, which only those commands pay that need it.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ApiClient } from '../../kube/api-client.ts';
import { CLI } from '../../multigrid/contract/timings.ts';
import { sleep } from '../../timing/timers.ts';
import { NoKubeconfigError } from './cluster-errors.ts';

export interface ClusterChoice {
  /** Files as in KUBECONFIG, joined by `:`. @defaultValue `~/.kube/config` */
  readonly kubeconfig?: string | undefined;
  /** @defaultValue the kubeconfig's current one */
  readonly context?: string | undefined;
}

/** A cluster as some user. */
export interface Cluster {
  readonly client: ApiClient;
  /** `https://host:port`. */
  readonly server: string;
  /** Where the context works; `default` when it says nothing. */
  readonly namespace: string;
}

/** Whether anything says where a cluster is. */
export function hasKubeconfig({ kubeconfig }: ClusterChoice): boolean {
  return filesOf(kubeconfig).some((file) => existsSync(file));
}

/** @throws NoKubeconfigError or NoClusterError when there is no usable one. */
export async function connect({ kubeconfig, context }: ClusterChoice): Promise<Cluster> {
  const files = filesOf(kubeconfig);
  const found = files.filter((file) => existsSync(file));
  if (found.length === 0) {
    throw new NoKubeconfigError(files.join(delimiter));
  }
  const [{ ApiClient }, { ClusterAccess }, { readKubeconfig }] = await Promise.all([
    import('../../kube/api-client.ts'),
    import('../../kube/cluster-access.ts'),
    import('../../kube/kubeconfig.ts'),
  ]);
  const access = ClusterAccess.of(readKubeconfig(found, context), () => performance.now());
  const client = new ApiClient({
    access,
    now: Date.now,
    sleep,
    random: Math.random,
    userAgent: 'multigrid',
    timeoutMs: CLI.requestTimeoutMs,
    // Whoever types a command sees what is wrong and may try again.
    tries: 1,
  });
  return { client, server: access.server, namespace: access.namespace ?? 'default' };
}

function filesOf(kubeconfig: string | undefined): readonly string[] {
  const named = (kubeconfig ?? '').split(delimiter).filter((file) => file !== '');
  return named.length > 0 ? named : [join(homedir(), '.kube', 'config')];
}
