/**
 * Who may sign in to a test cluster: the administrator, the components and the nodes, each with a random token that the
 * API server reads from a file. Out come that file and a kubeconfig for each.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { pemFile } from './certificates.ts';

interface User {
  /** Of the kubeconfig. */
  readonly file: string;
  readonly name: string;
  readonly groups: readonly string[];
}

const COMPONENTS: readonly User[] = [
  { file: 'admin', name: 'admin', groups: ['system:masters'] },
  { file: 'controller-manager', name: 'system:kube-controller-manager', groups: [] },
  { file: 'scheduler', name: 'system:kube-scheduler', groups: [] },
  { file: 'proxy', name: 'system:kube-proxy', groups: [] },
  { file: 'dns', name: 'multigrid-test-dns', groups: ['system:masters'] },
];

/** The token file for the API server. */
export function tokenFile(runFolder: string): string {
  return join(runFolder, 'tokens.csv');
}

/** The kubeconfig of a component, `admin` or a node. */
export function kubeconfigFile(runFolder: string, user: string): string {
  return join(runFolder, `${user}.kubeconfig`);
}

/** Writes the tokens and the kubeconfigs; returns the administrator's token. */
export function writeUsers(runFolder: string, pki: string, server: string, nodes: readonly string[]): string {
  const nodeUsers = nodes.map((name) => ({
    file: name,
    name: `system:node:${name}`,
    groups: ['system:nodes'],
  }));
  const users = [...COMPONENTS, ...nodeUsers].map((user) => ({
    ...user,
    token: randomBytes(24).toString('hex'),
  }));
  const lines = users.map(({ token, name, groups }) => `${token},${name},${name},"${groups.join(',')}"`);
  writeFileSync(tokenFile(runFolder), `${lines.join('\n')}\n`, { mode: 0o600 });
  const authority = readFileSync(pemFile(pki, 'ca', 'crt')).toString('base64');
  for (const user of users) {
    const text = stringify(kubeconfig(server, authority, user.token));
    writeFileSync(kubeconfigFile(runFolder, user.file), text, { mode: 0o600 });
  }
  return users[0]?.token ?? '';
}

function kubeconfig(server: string, authority: string, token: string): object {
  const name = 'multigrid-test';
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
}
