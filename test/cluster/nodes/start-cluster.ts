/**
 * A Kubernetes with real nodes on this machine, as root: a control plane in a network of its own, and nodes plugged into
 * it. In come the options, out comes the interface that tests use. Boots in about 10 s.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { missingPackages } from '../binaries/debian-packages.ts';
import { toolPath } from '../binaries/tool-cache.ts';
import { makeCertificates } from '../control-plane/certificates.ts';
import { API_SERVICE_ADDRESS, type Site } from '../control-plane/commands.ts';
import { Plane, serverUrl } from '../control-plane/plane.ts';
import { controlPlaneOf } from '../control-plane/start-control-plane.ts';
import { kubeconfigFile, writeUsers } from '../control-plane/users.ts';
import { countUsableNodes } from '../control-plane/usable-nodes.ts';
import { waitUntil } from '../control-plane/wait-until.ts';
import { imageStore } from '../images/image-store.ts';
import { makePauseImage } from '../images/pause-image.ts';
import type { Cluster, ClusterOptions, ControlPlane } from '../interface.ts';
import { Component } from '../run-folder/component.ts';
import { claimRunFolder, type RunFolder } from '../run-folder/run-folder.ts';
import { cgroupName, hostLink } from '../run-folder/sweep.ts';
import { clusterAddresses, DNS_ADDRESS, type ClusterAddresses } from './addresses.ts';
import { inNetworkOf, layBackbone, waitForNetwork } from './network.ts';
import { PAUSE_IMAGE } from './node-files.ts';
import { TestNode } from './node.ts';

/** A dead node is noticed in seconds; the default would make a test of it take a minute. */
const NODE_GRACE_SECONDS = 6;

const MIB = 1024 * 1024;
const READY_TIMEOUT_MS = 480_000;
/** The network namespace is the control plane's alone. */
const PORTS = { apiServer: 6443, etcd: 2379, etcdPeer: 2380, controllerManager: 10257, scheduler: 10259 };

/** This machine cannot have real nodes. */
export class NodesUnavailableError extends Error {
  constructor(reason: string) {
    super(`no nodes can be started on this machine: ${reason}`);
    this.name = 'NodesUnavailableError';
  }
}

/** Why there can be no real nodes here, or null when there can. */
export function whyNoNodes(): string | null {
  if (process.platform !== 'linux') {
    return 'they need Linux (or CLUSTER=kind)';
  }
  if (process.getuid?.() !== 0) {
    return 'they need root (or CLUSTER=kind)';
  }
  const missing = missingPackages();
  return missing.length === 0 ? null : `${missing.join(', ')} must be installed`;
}

/**
 * @throws NodesUnavailableError
 * @throws ToolMissingError when the programs are not built
 * @throws ComponentEndedError, WaitedInVainError when it does not boot; nothing is left then
 */
export async function startNodeCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const reason = whyNoNodes();
  if (reason !== null) {
    throw new NodesUnavailableError(reason);
  }
  const folder = await claimRunFolder('nodes');
  try {
    return await boot(folder, options);
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function boot(folder: RunFolder, options: ClusterOptions): Promise<Cluster> {
  const { images = [] } = options;
  const store = images.length === 0 ? null : await imageStore(images);
  const addresses = clusterAddresses(folder.number, hostLink(folder.path), options.nodes ?? 2);
  const backbone = new Component({
    name: 'network',
    folder: folder.path,
    command: ['unshare', '--net', '--', 'sleep', 'infinity'],
  }).start();
  await waitForNetwork(backbone.pid);
  await layBackbone(backbone.pid, addresses);
  const plane = await startPlane(folder, addresses, backbone.pid, options);
  const controlPlane = controlPlaneOf(plane.running, folder);
  startDns(plane.site, backbone.pid);
  const nodes = makeNodes(plane.site, addresses, backbone.pid, options);
  const pause = await makePauseImage(folder.path, toolPath('pause'), PAUSE_IMAGE);
  await Promise.all(
    nodes.map(async (node) => {
      if (store !== null) {
        await node.giveImages(store);
      }
      await node.start();
      await node.loadImage(pause);
    }),
  );
  await waitUntil(async () => ((await countUsableNodes(controlPlane)) === nodes.length ? true : null), {
    what: `${nodes.length} nodes to be Ready (logs in ${folder.path})`,
    timeoutMs: READY_TIMEOUT_MS,
    periodMs: 200,
  });
  return clusterOf(controlPlane, nodes, join(folder.path, 'shared'));
}

async function startPlane(
  folder: RunFolder,
  addresses: ClusterAddresses,
  network: number,
  options: ClusterOptions,
): Promise<{ readonly running: Plane; readonly site: Site }> {
  const { plane: address, nodes } = addresses;
  const reachedAt = [address, API_SERVICE_ADDRESS, ...nodes.map((node) => node.ip)];
  const pki = await makeCertificates(folder.path, reachedAt);
  const site: Site = { runFolder: folder.path, pki, address, ports: PORTS, toolPath };
  const names = nodes.map((node) => node.name);
  const running = await Plane.start({
    site,
    token: writeUsers(folder.path, pki, serverUrl(site), names),
    enter: inNetworkOf(network),
    apiServerFlags: options.apiServerFlags ?? [],
    nodeGraceSeconds: NODE_GRACE_SECONDS,
  });
  return { running, site };
}

function startDns(site: Site, network: number): void {
  const config = join(site.runFolder, 'Corefile');
  writeFileSync(
    config,
    `.:53 {
  bind ${DNS_ADDRESS}
  errors
  cache 2
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfigFile(site.runFolder, 'dns')} multigrid-test
    pods insecure
    ttl 2
  }
}
`,
  );
  const command = [...inNetworkOf(network), site.toolPath('coredns'), '-conf', config];
  new Component({ name: 'dns', folder: site.runFolder, command }).start();
}

function makeNodes(
  site: Site,
  cluster: ClusterAddresses,
  network: number,
  options: ClusterOptions,
): readonly TestNode[] {
  const total = totalmem() / MIB;
  const share = options.nodeMemoryMiB ?? (total * 0.75) / cluster.nodes.length;
  const sharedFolder = join(site.runFolder, 'shared');
  mkdirSync(sharedFolder, { mode: 0o777 });
  return cluster.nodes.map(
    (self) =>
      new TestNode(
        {
          runFolder: site.runFolder,
          folder: join(site.runFolder, self.name),
          pki: site.pki,
          self,
          cluster,
          cgroup: `/${cgroupName(site.runFolder)}/${self.name}`,
          gpus: options.gpusPerNode ?? 0,
          reservedMemoryMiB: Math.max(0, Math.floor(total - share)),
          toolPath: site.toolPath,
        },
        network,
      ),
  );
}

function clusterOf(controlPlane: ControlPlane, nodes: readonly TestNode[], sharedFolder: string): Cluster {
  const named = (name: string): TestNode => {
    const node = nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      throw new Error(`the test cluster has no node ${name}; it has ${nodes.map((n) => n.name).join(', ')}`);
    }
    return node;
  };
  return {
    ...controlPlane,
    nodes: nodes.map((node) => node.name),
    sharedFolder,
    crashNode: (name) => named(name).crash(),
    reviveNode: (name) => named(name).start(),
    partition: (name) => named(name).partition(),
    heal: (name) => named(name).heal(),
    setGpuHealth: (name, gpu, isHealthy) => {
      named(name).setGpuHealth(gpu, isHealthy);
      return Promise.resolve();
    },
  };
}
