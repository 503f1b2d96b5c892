/**
 * The door to the test cluster: tests import this file and nothing behind it. interface.ts says what the functions give.
 * A suite that needs a cluster asks first whether there can be one, and skips itself if not:
 *
 *     const describeOnNodes = whyNoNodes() === null ? describe : describe.skip;
 */
import { toolPath } from './binaries/tool-cache.ts';
import type { Cluster, ClusterOptions } from './interface.ts';
import { startNodeCluster, whyNoNodes as whyNoLocalNodes } from './nodes/start-cluster.ts';

export { fakeNodeName } from './control-plane/fake-nodes.ts';
export { KubectlError } from './control-plane/kubectl.ts';
export { startControlPlane } from './control-plane/start-control-plane.ts';
export { toolPath } from './binaries/tool-cache.ts';
export { buildImage } from './images/build-image.ts';
export type { Cluster, ClusterOptions, ControlPlane, ControlPlaneOptions } from './interface.ts';

/** Why there can be no control plane here, or null when there can. */
export function whyNoControlPlane(): string | null {
  try {
    toolPath('kube-apiserver');
    toolPath('etcd');
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why there can be no cluster with real nodes here, or null when there can. */
export function whyNoNodes(): string | null {
  return whyNoControlPlane() ?? whyNoLocalNodes();
}

/** A cluster with real nodes. */
export function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return startNodeCluster(options);
}
