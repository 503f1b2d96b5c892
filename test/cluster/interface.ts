/**
 * The test cluster as its users see it: a real Kubernetes that starts in seconds and leaves nothing behind.
 *
 *     import { startControlPlane } from '../cluster/cluster.ts';
 *     const cluster = await startControlPlane({ fakeNodes: { count: 2 } });
 *     await cluster.kubectl(['apply', '-f', 'crds/']);
 *     ...
 *     await cluster.down();
 *
 * A boot costs 3 s: start one for a test file (beforeAll, afterAll) and use a namespace for each test. The programs must
 * have been built (`npm run cluster:build`, which `npm test` does itself).
 */
import type { FakeNodes } from './control-plane/fake-nodes.ts';

export interface ControlPlaneOptions {
  /** Added to the API server's command line. */
  readonly apiServerFlags?: readonly string[];
  /** Nodes without containers. Without them pods stay Pending. */
  readonly fakeNodes?: FakeNodes;
}

/** An API server with its controllers. All functions may be called again and again, in any order that makes sense. */
export interface ControlPlane {
  /** The administrator's; lives as long as the cluster. */
  readonly kubeconfigPath: string;
  readonly kubeconfig: string;
  /** Where the API server answers. */
  readonly url: string;
  /**
   * @param input - what it reads with `-f -`
   * @returns its standard output
   * @throws KubectlError with its exit code and what it said
   */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** As by a crash: connections break, new ones are refused. */
  stopApiServer(): Promise<void>;
  /** On the same address, with the same data; resolves when it is ready. */
  startApiServer(): Promise<void>;
  restartApiServer(): Promise<void>;
  /** As by a stuck machine: connections stay open, nothing answers. */
  pauseApiServer(): Promise<void>;
  resumeApiServer(): Promise<void>;
  /** Ends it and removes everything it made on this machine. */
  down(): Promise<void>;
}

/** A control plane without nodes: all of it is on this machine, and its store can be asked as well. */
export interface BareControlPlane extends ControlPlane {
  /** Where etcd answers, without credentials: its metrics say what is written. */
  readonly etcdUrl: string;
}

export interface ClusterOptions extends Omit<ControlPlaneOptions, 'fakeNodes'> {
  /** @defaultValue 2 */
  readonly nodes?: number;
  /** nvidia.com/gpu that each node says it has; none is real. @defaultValue 0 */
  readonly gpusPerNode?: number;
  /** What all nodes have, as archives of cachedArchive (`docker save` writes the like). Nothing can be pulled. */
  readonly images?: readonly string[];
  /** What pods may use of each node, in MiB. @defaultValue three quarters of this machine's, shared evenly */
  readonly nodeMemoryMiB?: number;
}

/** A control plane with real nodes: pods are real containers with real networks, limits, logs and exit codes. */
export interface Cluster extends ControlPlane {
  /** The names of the nodes. */
  readonly nodes: readonly string[];
  /**
   * A folder of this machine that every node has at the same path: as a hostPath volume it is storage that all pods share,
   * and tests see into it. Gone after `down`.
   */
  readonly sharedFolder: string;
  /**
   * A power cut: everything in the node ends at once. It is NotReady about 7 s later; its pods, unless they tolerate more,
   * are told to go after 5 s more, which nobody there hears.
   */
  crashNode(node: string): Promise<void>;
  /** After a power cut; the disk is as it was. */
  reviveNode(node: string): Promise<void>;
  /** Pulls the network cable: the pods of the node go on, and nothing reaches them. */
  partition(node: string): Promise<void>;
  heal(node: string): Promise<void>;
  /** @param gpu - 0 to gpusPerNode - 1 */
  setGpuHealth(node: string, gpu: number, isHealthy: boolean): Promise<void>;
}
