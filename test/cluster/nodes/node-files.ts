/**
 * The configuration files of a node, as pure text: container runtime, pod network, kubelet, and the script that is the
 * node's first process. node.ts writes them.
 */
import { stringify } from 'yaml';
import { CNI_PLUGINS } from '../binaries/debian-packages.ts';
import { pemFile } from '../control-plane/certificates.ts';
import { kubeconfigFile } from '../control-plane/users.ts';
import type { ToolName } from '../binaries/tool-sets.ts';
import { DNS_ADDRESS, type ClusterAddresses, type NodeAddresses } from './addresses.ts';

export interface NodePlan {
  readonly runFolder: string;
  /** The node's own folder. */
  readonly folder: string;
  readonly pki: string;
  readonly self: NodeAddresses;
  readonly cluster: ClusterAddresses;
  /** Its control group, from the root of every hierarchy. */
  readonly cgroup: string;
  /** nvidia.com/gpu that it says it has. */
  readonly gpus: number;
  /** Of this machine's memory, what the node must leave alone, in MiB. */
  readonly reservedMemoryMiB: number;
  readonly toolPath: (tool: ToolName) => string;
}

export const PAUSE_IMAGE = 'multigrid.test/pause:1';

/** The container runtime's socket: on the host's disk, so that images can be loaded from outside. */
export function runtimeSocket(folder: string): string {
  return `${folder}/containerd.sock`;
}

/** Where the container runtime keeps its images. */
export function runtimeRoot(folder: string): string {
  return `${folder}/containerd`;
}

/** The names of GPUs that are out of order, one a line. */
export function unhealthyFile(folder: string): string {
  return `${folder}/unhealthy-gpus`;
}

/** What a file of the node is called, and what is in it. */
export function nodeFiles(plan: NodePlan): Readonly<Record<string, string>> {
  return {
    'containerd.toml': containerdConfig(plan),
    'cni/10-pods.conflist': JSON.stringify(podNetwork(plan)),
    'kubelet.yaml': stringify(kubeletConfig(plan)),
    'resolv.conf': `nameserver ${DNS_ADDRESS}\n`,
    'boot.sh': bootScript(plan),
    ...Object.fromEntries(KERNEL_SETTINGS.map(({ path, value }) => [`sys/${path}`, `${value}\n`])),
  };
}

function containerdConfig({ folder }: NodePlan): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  // Without the right to lower an oom_score_adj, every sandbox fails unless that is left out.
  return `version = 2
root = "${runtimeRoot(folder)}"
state = "/run/containerd"
disabled_plugins = [${['btrfs', 'zfs', 'devmapper', 'aufs'].map((name) => `"io.containerd.snapshotter.v1.${name}"`).join(', ')}]
[grpc]
  address = "${runtimeSocket(folder)}"
[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [${cri}.cni]
    bin_dir = "${CNI_PLUGINS}"
    conf_dir = "${folder}/cni"
  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [${cri}.containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

function podNetwork({ self }: NodePlan): object {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: '/run/cni',
          ranges: [[{ subnet: self.podNetwork }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubeletConfig({ folder, pki, self, cgroup, reservedMemoryMiB }: NodePlan): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: self.ip,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pemFile(pki, 'ca', 'crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: pemFile(pki, 'kubelet-server', 'crt'),
    tlsPrivateKeyFile: pemFile(pki, 'kubelet-server', 'key'),
    containerRuntimeEndpoint: `unix://${runtimeSocket(folder)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    volumePluginDir: `${folder}/volume-plugins`,
    clusterDNS: [DNS_ADDRESS],
    clusterDomain: 'cluster.local',
    resolvConf: `${folder}/resolv.conf`,
    maxPods: 60,
    systemReserved: { memory: `${reservedMemoryMiB}Mi` },
    enforceNodeAllocatable: ['pods'],
    // The disk is the host's, and how full that is is none of a test's business.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    // How full a volume is, as evictions go by it; a minute by default.
    volumeStatsAggPeriod: '5s',
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: '2s',
    nodeLeaseDurationSeconds: 10,
  };
}

/**
 * What a kubelet sets in the kernel of its machine. Here it finds files that say that all is set already, and the
 * machine's own values stay as they are.
 */
const KERNEL_SETTINGS = [
  { path: 'vm/overcommit_memory', value: 1 },
  { path: 'vm/panic_on_oom', value: 0 },
  { path: 'kernel/panic', value: 10 },
  { path: 'kernel/panic_on_oops', value: 1 },
  { path: 'kernel/keys/root_maxkeys', value: 1_000_000 },
  { path: 'kernel/keys/root_maxbytes', value: 25_000_000 },
] as const;

/** Runs as process 1 of the node's namespaces; what it mounts exists only there, and all ends with it. */
function bootScript(plan: NodePlan): string {
  const { folder, runFolder, self, cluster, gpus, toolPath } = plan;
  const kubelet = '/var/lib/kubelet';
  const covers = KERNEL_SETTINGS.map(({ path }) => `mount --bind ${folder}/sys/${path} /proc/sys/${path}`);
  const devicePlugin = `${toolPath('device-plugin')} ${kubelet}/device-plugins nvidia.com/gpu ${gpus} ${unhealthyFile(folder)}`;
  return `set -eu
mount --make-rprivate /
mount --bind ${folder}/var-lib /var/lib
mount --bind ${folder}/var-log /var/log
mount -t tmpfs tmpfs /run
mount -t proc proc /proc
${covers.join('\n')}
mount --make-rshared / # volumes of pods need it
hostname ${self.name}
mkdir -p ${kubelet}/device-plugins
until ip -4 addr show eth0 2>/dev/null | grep -q ${self.ip}; do sleep 0.02; done
containerd -c ${folder}/containerd.toml >>${folder}/log/containerd.log 2>&1 &
until [ -S ${runtimeSocket(folder)} ]; do sleep 0.05; done
${toolPath('kube-proxy')} --kubeconfig=${kubeconfigFile(runFolder, 'proxy')} --proxy-mode=iptables \\
  --cluster-cidr=${cluster.podNetwork} --hostname-override=${self.name} --bind-address=${self.ip} \\
  --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0 \\
  --nodeport-addresses=primary >>${folder}/log/kube-proxy.log 2>&1 &
${gpus > 0 ? `${devicePlugin} >>${folder}/log/device-plugin.log 2>&1 &` : ''}
# A runtime that has images takes a moment until it serves kubelets, and one that asks before gives up: again, as on any node.
until ${toolPath('kubelet')} --config=${folder}/kubelet.yaml --kubeconfig=${kubeconfigFile(runFolder, self.name)} \\
  --hostname-override=${self.name} --node-ip=${self.ip} --root-dir=${kubelet} --v=1 >>${folder}/log/kubelet.log 2>&1; do sleep 0.2; done
`;
}
