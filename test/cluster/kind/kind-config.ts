/** The description of a cluster for kind, as pure data: the same settings that our own nodes have. */
import type { ClusterOptions } from '../interface.ts';
import { QUICK_EVICTION } from '../control-plane/commands.ts';

export interface KindPlan {
  readonly name: string;
  readonly sharedFolder: string;
  readonly options: ClusterOptions;
}

/** One control plane that takes no pods, and the workers, which all see the shared folder. */
export function kindConfig({ name, sharedFolder, options }: KindPlan): object {
  const workers = Array.from({ length: options.nodes ?? 2 }, () => ({
    role: 'worker',
    extraMounts: [{ hostPath: sharedFolder, containerPath: sharedFolder }],
  }));
  const controllerManagerFlags = ['--node-monitor-period=1s', '--node-monitor-grace-period=6s'];
  const patch = {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    apiServer: { extraArgs: extraArgs([...QUICK_EVICTION, ...(options.apiServerFlags ?? [])]) },
    controllerManager: { extraArgs: extraArgs(controllerManagerFlags) },
  };
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name,
    nodes: [{ role: 'control-plane', kubeadmConfigPatches: [JSON.stringify(patch)] }, ...workers],
  };
}

/** `--name=value` in kubeadm's words. */
function extraArgs(flags: readonly string[]): readonly object[] {
  return flags.map((flag) => {
    const [, name = flag, value = 'true'] = /^--([^=]+)=?(.*)$/u.exec(flag) ?? [];
    return { name, value };
  });
}
