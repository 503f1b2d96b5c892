/**
 * A cluster as somebody's kubeconfig has it: one file or several, as kubectl merges them, and a context. In come paths, out
 * comes the library's configuration, of which it is sure that it names a server.
 */
import { KubeConfig } from '@kubernetes/client-node';
import { messageOf } from '../multigrid/errors/message-of.ts';
import { NoClusterError } from './api-errors.ts';

/**
 * @param files - that exist; the first that says something about a name counts
 * @param context - undefined: the current one
 * @throws NoClusterError saying which file is at fault, and how.
 */
export function readKubeconfig(files: readonly string[], context: string | undefined): KubeConfig {
  const config = merged(files);
  if (context !== undefined) {
    config.setCurrentContext(context);
  }
  const current = config.getCurrentContext();
  if (config.getContextObject(current) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw unusable(
      files.join(', '),
      `it has no context "${current}", only ${known.join(', ') || 'none at all'}`,
    );
  }
  if (config.getCurrentCluster() === null) {
    throw unusable(files.join(', '), `its context "${current}" names a cluster that is not in it`);
  }
  return config;
}

function merged(files: readonly string[]): KubeConfig {
  const all = new KubeConfig();
  for (const [index, file] of files.entries()) {
    const config = index === 0 ? all : new KubeConfig();
    try {
      config.loadFromFile(file);
      if (config !== all) {
        all.mergeConfig(config, true);
      }
    } catch (error) {
      throw unusable(file, messageOf(error), { cause: error });
    }
  }
  return all;
}

function unusable(file: string, problem: string, options?: ErrorOptions): NoClusterError {
  return new NoClusterError(`the kubeconfig ${file} cannot be used: ${problem}`, options);
}
