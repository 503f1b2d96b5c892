/**
 * The command lines of the control plane, as pure functions of where it is: which address, which ports, which folder. In: that.
 * Out: arguments.
 */
import { join } from 'node:path';
import type { ToolName } from '../binaries/tool-sets.ts';
import { pemFile } from './certificates.ts';
import { kubeconfigFile, tokenFile } from './users.ts';

/** Where a control plane is. */
export interface Site {
  readonly runFolder: string;
  readonly pki: string;
  /** Of everything that listens. */
  readonly address: string;
  readonly ports: {
    readonly apiServer: number;
    readonly etcd: number;
    readonly etcdPeer: number;
    readonly controllerManager: number;
    readonly scheduler: number;
  };
  readonly toolPath: (tool: ToolName) => string;
}

/** For the API server: pods leave a lost node after seconds; the default of five minutes is no test's patience. */
export const QUICK_EVICTION: readonly string[] = [
  '--default-not-ready-toleration-seconds=5',
  '--default-unreachable-toleration-seconds=5',
];

/** Inside every cluster the same; only ever routed there. */
const SERVICE_RANGE = '10.96.0.0/16';
/** The `kubernetes` Service: the first address of the range. */
export const API_SERVICE_ADDRESS = '10.96.0.1';

/** Where a site's etcd answers its clients. */
export function etcdUrl({ address, ports }: Pick<Site, 'address' | 'ports'>): string {
  return `http://${address}:${ports.etcd}`;
}

export function etcdCommand(site: Site): string[] {
  const { runFolder, address, ports, toolPath } = site;
  const client = etcdUrl(site);
  const peer = `http://${address}:${ports.etcdPeer}`;
  return [
    toolPath('etcd'),
    '--name=test',
    `--data-dir=${join(runFolder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=test=${peer}`,
    '--unsafe-no-fsync', // the data lives no longer than the cluster
    '--quota-backend-bytes=4294967296',
    '--log-level=warn',
  ];
}

export function apiServerCommand(site: Site, extraFlags: readonly string[]): string[] {
  const { runFolder, pki, address, ports, toolPath } = site;
  const front = (part: 'crt' | 'key'): string => pemFile(pki, 'front-proxy', part);
  // A loopback address is nothing it would advertise.
  const advertise = address.startsWith('127.')
    ? '--endpoint-reconciler-type=none'
    : `--advertise-address=${address}`;
  return [
    toolPath('kube-apiserver'),
    `--etcd-servers=http://${address}:${ports.etcd}`,
    `--bind-address=${address}`,
    `--secure-port=${ports.apiServer}`,
    advertise,
    `--cert-dir=${runFolder}`,
    `--tls-cert-file=${pemFile(pki, 'apiserver', 'crt')}`,
    `--tls-private-key-file=${pemFile(pki, 'apiserver', 'key')}`,
    `--client-ca-file=${pemFile(pki, 'ca', 'crt')}`,
    `--token-auth-file=${tokenFile(runFolder)}`,
    `--service-account-key-file=${pemFile(pki, 'service-account', 'pub')}`,
    `--service-account-signing-key-file=${pemFile(pki, 'service-account', 'key')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    `--kubelet-client-certificate=${pemFile(pki, 'kubelet-client', 'crt')}`,
    `--kubelet-client-key=${pemFile(pki, 'kubelet-client', 'key')}`,
    `--kubelet-certificate-authority=${pemFile(pki, 'ca', 'crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--requestheader-client-ca-file=${pemFile(pki, 'ca', 'crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${front('crt')}`,
    `--proxy-client-key-file=${front('key')}`,
    '--max-requests-inflight=1000',
    '--max-mutating-requests-inflight=500',
    ...QUICK_EVICTION,
    ...extraFlags,
  ];
}

export function controllerManagerCommand(site: Site, nodeGraceSeconds: number): string[] {
  const { pki } = site;
  return [
    site.toolPath('kube-controller-manager'),
    ...clientFlags(site, 'controller-manager', site.ports.controllerManager),
    `--service-account-private-key-file=${pemFile(pki, 'service-account', 'key')}`,
    `--root-ca-file=${pemFile(pki, 'ca', 'crt')}`,
    '--use-service-account-credentials=true',
    `--cluster-signing-cert-file=${pemFile(pki, 'ca', 'crt')}`,
    `--cluster-signing-key-file=${pemFile(pki, 'ca', 'key')}`,
    '--node-monitor-period=1s',
    `--node-monitor-grace-period=${nodeGraceSeconds}s`,
  ];
}

export function schedulerCommand(site: Site): string[] {
  return [site.toolPath('kube-scheduler'), ...clientFlags(site, 'scheduler', site.ports.scheduler)];
}

function clientFlags({ runFolder, address }: Site, user: string, port: number): string[] {
  const kubeconfig = kubeconfigFile(runFolder, user);
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    `--bind-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${runFolder}`,
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ];
}
