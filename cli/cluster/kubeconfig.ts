/**
 * Which cluster, and as whom: read from a kubeconfig as kubectl reads it. In come a file (or a list of them) and a
 * context, out comes a connection that api-client.ts speaks through. The only file of the command line that knows the
 * Kubernetes client.
 */
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { KubeconfigError, NoKubeconfigError } from './cluster-errors.ts';

export interface ClusterChoice {
  /** Files as in KUBECONFIG, joined by `:`. @defaultValue `~/.kube/config` */
  readonly kubeconfig?: string | undefined;
  /** @defaultValue the kubeconfig's current one */
  readonly context?: string | undefined;
}

/** A cluster as some user. */
export interface Connection {
  /** `https://host:port`. */
  readonly server: string;
  /** Where the context works; `default` when it says nothing. */
  readonly namespace: string;
  /** Certificates, tokens and proxy for a request to the server; reads tokens anew each time. */
  authenticate(): Promise<RequestOptions>;
}

/** Whether anything says where a cluster is. */
export function hasKubeconfig({ kubeconfig }: ClusterChoice): boolean {
  return filesOf(kubeconfig).some((file) => existsSync(file));
}

/**
 * Rejects with NoKubeconfigError or KubeconfigError when there is no usable one. The client takes a good part of a second
 * to load, which only those commands pay that need it.
 */
export async function connect(choice: ClusterChoice): Promise<Connection> {
  const files = filesOf(choice.kubeconfig);
  const config = await readConfig(files);
  const name = files.join(delimiter);
  if (choice.context !== undefined) {
    config.setCurrentContext(choice.context);
  }
  const current = config.getCurrentContext();
  const context = config.getContextObject(current);
  if (context === null) {
    const known = config.getContexts().map((other) => other.name);
    throw new KubeconfigError(
      name,
      `it has no context "${current}", only ${known.join(', ') || 'none at all'}`,
    );
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new KubeconfigError(name, `its context "${current}" names a cluster that is not in it`);
  }
  return {
    server: cluster.server.replace(/\/$/, ''),
    namespace: context.namespace ?? 'default',
    authenticate: async () => {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      return options;
    },
  };
}

function filesOf(kubeconfig: string | undefined): readonly string[] {
  const named = (kubeconfig ?? '').split(delimiter).filter((file) => file !== '');
  return named.length > 0 ? named : [join(homedir(), '.kube', 'config')];
}

async function readConfig(files: readonly string[]): Promise<KubeConfig> {
  const found = files.filter((file) => existsSync(file));
  if (found.length === 0) {
    throw new NoKubeconfigError(files.join(delimiter));
  }
  const library = await import('@kubernetes/client-node');
  const merged = new library.KubeConfig();
  for (const [index, file] of found.entries()) {
    const config = index === 0 ? merged : new library.KubeConfig();
    try {
      config.loadFromFile(file);
      if (config !== merged) {
        merged.mergeConfig(config, true);
      }
    } catch (error) {
      throw new KubeconfigError(file, Error.isError(error) ? error.message : String(error), { cause: error });
    }
  }
  return merged;
}
