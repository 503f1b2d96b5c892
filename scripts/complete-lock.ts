/**
 * `npm run lock:complete`, after a change of dependencies: npm leaves a platform's binary package out of the lock file
 * when the registry it asked does not carry it, and `npm ci` then refuses the lock everywhere. This adds the missing
 * entries (exact version, os, cpu, libc by the package's name); npm skips them on every other platform.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Platform {
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly libc?: readonly string[];
}

interface LockedPackage extends Partial<Platform> {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  packages: Record<string, LockedPackage>;
}

const FILE = 'package-lock.json';
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];
const EXACT_VERSION = /^\d+\.\d+\.\d+/;

function isLock(value: unknown): value is Lock {
  return typeof value === 'object' && value !== null && 'packages' in value;
}

/** `@swc/core-linux-arm64-gnu` → linux, arm64, glibc; null when the name names no platform. */
function platformOf(name: string): Platform | null {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (os === undefined || cpu === undefined) {
    return null;
  }
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : null;
  return { cpu: [cpu], os: [os], ...(libc !== null && os === 'linux' ? { libc: [libc] } : {}) };
}

const lock: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
if (!isLock(lock)) {
  throw new TypeError(`${FILE} is no lock file`);
}
const added: string[] = [];
for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const platform = platformOf(name);
    const path = `node_modules/${name}`;
    if (platform === null || path in lock.packages || !EXACT_VERSION.test(version)) {
      continue;
    }
    const isDev = owner.dev === true ? { dev: true } : {};
    lock.packages[path] = { version, ...isDev, optional: true, ...platform };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(added.length > 0 ? `added ${added.join(', ')}\n` : 'nothing was missing\n');
