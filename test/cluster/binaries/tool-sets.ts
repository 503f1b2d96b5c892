/**
 * Which programs a test cluster consists of and how each is made. Pure data: a set is what one link step makes, from the
 * Go module in test/cluster/tools (CoreDNS from its own, its dependencies fit no other). build-tools.ts builds the
 * sets in this order, so that a control plane can boot before the last of them is there.
 */

export type ToolName =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'kubectl'
  | 'etcd'
  | 'kwok'
  | 'helm'
  | 'kubeconform'
  | 'device-plugin'
  | 'pause'
  | 'coredns'
  | 'fault-disk';

export interface ToolSet {
  readonly name: string;
  /** The folder of the Go module, relative to test/cluster/tools. */
  readonly module: string;
  /** What `go build` is given. */
  readonly package: string;
  /** Our own sources in it, relative to the module; anything else is pinned by go.sum. */
  readonly sources: readonly string[];
  /** Symbols to set at link time: programs without a version are refused by charts and by kubectl. */
  readonly stamps: Readonly<Record<string, string>>;
  /** The names the binary is called by. */
  readonly tools: readonly ToolName[];
}

const KUBERNETES = '1.37.2';
const HELM = 'v4.3.1';
const KWOK = 'v0.8.0';

/** The server's and the client's version are separate variables of two packages. */
function kubernetesStamps(): Record<string, string> {
  const [major = '', minor = ''] = KUBERNETES.split('.');
  const values = {
    gitVersion: `v${KUBERNETES}`,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: 'unknown',
    gitTreeState: 'clean',
    buildDate: '2026-10-27T12:01:04Z',
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return Object.fromEntries(
    packages.flatMap((path) => Object.entries(values).map(([name, value]) => [`${path}.${name}`, value])),
  );
}

const KUBERNETES_STAMPS = kubernetesStamps();

export const TOOL_SETS: readonly ToolSet[] = [
  {
    name: 'kubernetes',
    module: '.',
    package: './hyper',
    sources: ['hyper/main.go'],
    stamps: KUBERNETES_STAMPS,
    tools: [
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kubelet',
      'kube-proxy',
      'kubectl',
    ],
  },
  {
    name: 'etcd',
    module: '.',
    package: 'go.etcd.io/etcd/server/v3',
    sources: [],
    stamps: {},
    tools: ['etcd'],
  },
  {
    name: 'device-plugin',
    module: '.',
    package: './device-plugin',
    sources: ['device-plugin/main.go'],
    stamps: {},
    tools: ['device-plugin'],
  },
  {
    name: 'pause',
    module: '.',
    package: './pause',
    sources: ['pause/main.go'],
    stamps: {},
    tools: ['pause'],
  },
  {
    name: 'kwok',
    module: '.',
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    sources: [],
    stamps: { 'sigs.k8s.io/kwok/pkg/consts.Version': KWOK },
    tools: ['kwok'],
  },
  {
    name: 'helm',
    module: '.',
    package: 'helm.sh/helm/v4/cmd/helm',
    sources: [],
    stamps: { 'helm.sh/helm/v4/internal/version.version': HELM, ...KUBERNETES_STAMPS },
    tools: ['helm'],
  },
  {
    name: 'kubeconform',
    module: '.',
    package: 'github.com/yannh/kubeconform/cmd/kubeconform',
    sources: [],
    stamps: {},
    tools: ['kubeconform'],
  },
  {
    name: 'coredns',
    module: 'dns',
    package: '.',
    sources: ['main.go'],
    stamps: {},
    tools: ['coredns'],
  },
  {
    name: 'fault-disk',
    module: 'fault-disk',
    package: '.',
    sources: ['main.go'],
    stamps: {},
    tools: ['fault-disk'],
  },
];
