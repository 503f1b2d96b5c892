/**
 * Programs of the test cluster that Debian has: the container runtime and its network plugins for real nodes, buildah for
 * images, Prometheus for the rules and the scrape. Root on Debian gets what is missing installed; for anybody else the
 * list of what is missing says which tests cannot run. On a machine with systemd Debian starts the services of
 * containerd and prometheus; nothing here needs them.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';

type Say = (line: string) => void;

export interface DebianProgram {
  readonly name: string;
  readonly package: string;
}

export const DEBIAN_PROGRAMS: readonly DebianProgram[] = [
  { name: 'containerd', package: 'containerd' },
  { name: 'runc', package: 'runc' },
  { name: 'iptables', package: 'iptables' },
  { name: 'conntrack', package: 'conntrack' },
  { name: 'ip', package: 'iproute2' },
  { name: 'openssl', package: 'openssl' },
  { name: 'buildah', package: 'buildah' },
  { name: 'promtool', package: 'prometheus' },
  { name: 'prometheus', package: 'prometheus' },
];

/** Where Debian puts the CNI plugins; they are no commands. */
export const CNI_PLUGINS = '/usr/lib/cni';
const CNI_PACKAGE = 'containernetworking-plugins';

/** Also of /usr/sbin, which a user's PATH may lack. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns null when the machine does not have the program */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

/** The Debian packages whose programs are not on this machine. */
export function missingPackages(): string[] {
  const programs = DEBIAN_PROGRAMS.filter(({ name }) => findProgram(name) === null);
  const plugins = existsSync(join(CNI_PLUGINS, 'bridge')) ? [] : [CNI_PACKAGE];
  return [...new Set([...programs.map((program) => program.package), ...plugins])];
}

/**
 * Installs what is missing, if it can.
 *
 * @returns what is still missing
 */
export function installDebianPackages(say: Say): string[] {
  const missing = missingPackages();
  if (missing.length === 0) {
    return missing;
  }
  if (process.getuid?.() !== 0 || findProgram('apt-get') === null) {
    say(`${missing.join(', ')}: not installed, and only root on Debian can install them here`);
    return missing;
  }
  say(`installing ${missing.join(', ')} from Debian (once) ...`);
  if (!aptGet('install', ...missing)) {
    aptGet('update');
    aptGet('install', ...missing);
  }
  const left = missingPackages();
  if (left.length > 0) {
    say(`${left.join(', ')}: Debian did not give them`);
  }
  return left;
}

function aptGet(command: string, ...packages: readonly string[]): boolean {
  const args = [
    command,
    '-y',
    '-qq',
    '-o',
    'DPkg::Lock::Timeout=300',
    '--no-install-recommends',
    ...packages,
  ];
  // Its hundreds of lines help nobody; its errors do.
  const result = spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return result.status === 0;
}
