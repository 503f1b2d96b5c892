/**
 * The door to the test cluster: tests import this file and nothing behind it. interface.ts says what the functions give.
 * A suite that needs a cluster asks first whether there can be one, and skips itself if not:
 *
 *     const describeOnNodes = whyNoNodes() === null ? describe : describe.skip;
 */
import { toolPath } from './binaries/tool-cache.ts';
import type { ToolName } from './binaries/tool-sets.ts';
import type { Cluster, ClusterOptions } from './interface.ts';
import { startKindCluster, whyNoKind } from './kind/start-kind-cluster.ts';
import { startNodeCluster, whyNoNodes as whyNoLocalNodes } from './nodes/start-cluster.ts';

export { fakeNodeName } from './control-plane/fake-nodes.ts';
export { KubectlError } from './control-plane/kubectl.ts';
export { startControlPlane } from './control-plane/start-control-plane.ts';
export { countUsableNodes } from './control-plane/usable-nodes.ts';
export { toolPath } from './binaries/tool-cache.ts';
export { cachedArchive } from './archives/archive-cache.ts';
export { buildImage } from './images/build-image.ts';
export { hashContext } from './images/context-hash.ts';
export { type Fault, FaultDisk, whyNoFaultDisk, withFaultDisk } from './disks/fault-disk.ts';
export type {
  BareControlPlane,
  Cluster,
  ClusterOptions,
  ControlPlane,
  ControlPlaneOptions,
} from './interface.ts';

const CONTROL_PLANE: readonly ToolName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
];

/** Why there can be no control plane here, or null when there can. */
export function whyNoControlPlane(): string | null {
  try {
    for (const tool of CONTROL_PLANE) {
      toolPath(tool);
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why there can be no cluster with real nodes here, or null when there can. */
export function whyNoNodes(): string | null {
  return isKindWanted() ? whyNoKind() : (whyNoControlPlane() ?? whyNoLocalNodes());
}

/** A cluster with real nodes: ours, or with CLUSTER=kind in the environment kind's. */
export function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return isKindWanted() ? startKindCluster(options) : startNodeCluster(options);
}

function isKindWanted(): boolean {
  return process.env['CLUSTER'] === 'kind';
}
