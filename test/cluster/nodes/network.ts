/**
 * The network of a cluster: a bridge in a network namespace of its own, to which this machine and every node have a cable
 * (a veth pair). Everything is made by iproute2 and vanishes with the processes that live in the namespaces; the host's
 * own firewall and settings are not touched.
 */
import { execFile } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import { findProgram } from '../binaries/debian-packages.ts';
import { waitUntil } from '../control-plane/wait-until.ts';
import { DNS_ADDRESS, type ClusterAddresses, type NodeAddresses } from './addresses.ts';

/** iproute2 refused a command. */
export class NetworkError extends Error {
  constructor(what: string, output: string) {
    super(`setting up the test cluster's network failed (${what}): ${output.trim()}`);
    this.name = 'NetworkError';
  }
}

/** The command line that runs what follows in the network of a process. */
export function inNetworkOf(pid: number): string[] {
  return ['nsenter', `--net=/proc/${pid}/ns/net`, '--'];
}

/** Resolves when a process has left this process's network for its own. */
export async function waitForNetwork(pid: number): Promise<void> {
  const ours = await readlink('/proc/self/ns/net');
  await waitUntil(async () => ((await readlink(`/proc/${pid}/ns/net`)) === ours ? null : true), {
    what: `the network of process ${pid}`,
    timeoutMs: 120_000,
    periodMs: 10,
  });
}

/** The bridge, in the network of the process, and this machine's cable to it. */
export async function layBackbone(plane: number, addresses: ClusterAddresses): Promise<void> {
  await ip(plane, [
    'link set lo up',
    'link add br0 type bridge',
    `addr add ${addresses.plane}/24 dev br0`,
    'link set br0 up',
    `addr add ${DNS_ADDRESS}/32 dev lo`,
  ]);
  await forward(plane);
  await ip(null, [`link add ${addresses.hostLink} type veth peer name host netns ${plane}`]);
  await ip(plane, ['link set host master br0 up']);
  await ip(null, [
    `addr add ${addresses.host}/24 dev ${addresses.hostLink}`,
    `link set ${addresses.hostLink} up`,
    ...podRoutes(addresses, null),
  ]);
  await ip(plane, podRoutes(addresses, null));
}

/** A node's cable to the bridge. The node's own end is `eth0`, the bridge's `node-N`. */
export async function plugNode(
  plane: number,
  node: number,
  self: NodeAddresses,
  addresses: ClusterAddresses,
): Promise<void> {
  await ip(plane, [
    `link add ${self.name} type veth peer name eth0 netns ${node}`,
    `link set ${self.name} master br0 up`,
  ]);
  await forward(node);
  await ip(node, [
    'link set lo up',
    `addr add ${self.ip}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${addresses.plane}`,
    ...podRoutes(addresses, self),
  ]);
}

/** Cuts a node off from everything, or connects it again. */
export async function setCable(plane: number, node: string, state: 'up' | 'down'): Promise<void> {
  await ip(plane, [`link set ${node} ${state}`]);
}

/** Every node routes its own pods; a node finds its own by its bridge. */
function podRoutes(addresses: ClusterAddresses, except: NodeAddresses | null): string[] {
  return addresses.nodes
    .filter((node) => node.index !== except?.index)
    .map((node) => `route add ${node.podNetwork} via ${node.ip}`);
}

async function forward(pid: number): Promise<void> {
  const write = 'echo 1 > /proc/sys/net/ipv4/ip_forward';
  await run([...inNetworkOf(pid), 'sh', '-c', write], write, '');
}

/** Runs iproute2 commands in the network of a process, or in this machine's. */
async function ip(pid: number | null, commands: readonly string[]): Promise<void> {
  const enter = pid === null ? [] : inNetworkOf(pid);
  const batch = commands.join('\n');
  await run([...enter, findProgram('ip') ?? 'ip', '-batch', '-'], batch, batch);
}

function run([command = '', ...args]: readonly string[], what: string, input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, (error, _stdout, stderr) => {
      if (error === null) {
        resolve();
      } else {
        reject(new NetworkError(what, stderr === '' ? error.message : stderr));
      }
    });
    child.stdin?.on('error', () => {
      // It ended before it had read all; its exit code says why.
    });
    child.stdin?.end(`${input}\n`);
  });
}
