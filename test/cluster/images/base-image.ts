/**
 * What our Dockerfiles are built with and stand on in tests, where nothing can be pulled: an image with Node, as
 * `node:24-bookworm-slim` is for a published one, and one without, as distroless' `cc` is, that every node of a cluster takes
 * in. Made of the Debian packages of this machine (shell, core utilities, C and C++ libraries), the Node that `npm ci` brought,
 * and npm. Kept by a hash of what went in.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from '../binaries/debian-packages.ts';
import { cachedArchive } from '../archives/archive-cache.ts';
import { packImage } from './pack-image.ts';

export const NODE_IMAGE = 'multigrid.test/node:24-slim';
export const BASE_IMAGE = 'multigrid.test/cc:12';

const PACKAGES = [
  'base-files',
  'base-passwd',
  'bash',
  'ca-certificates',
  'coreutils',
  'dash',
  'findutils',
  'grep',
  'libacl1',
  'libattr1',
  'libc6',
  'libc-bin',
  'libgcc-s1',
  'libgmp10',
  'libgomp1',
  'libpcre2-8-0',
  'libselinux1',
  'libssl3',
  'libstdc++6',
  'libtinfo6',
  'passwd',
  'sed',
  'tar',
  'zlib1g',
];
const LEFT_OUT = /^\/usr\/share\/(?:doc|man|locale|info|lintian)\//u;
/** What Debian makes at installation instead of shipping it. */
const MADE_FILES = [
  '/bin/sh',
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/nsswitch.conf',
];
const MERGED = ['bin', 'lib', 'lib64', 'sbin'];

/** The machine lacks something that the base image is made of. */
export class BaseImageError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`the base image for tests cannot be made: ${what}`, options);
    this.name = 'BaseImageError';
  }
}

/**
 * @returns the tar file of the image NODE_IMAGE
 * @throws BaseImageError
 */
export async function makeNodeImage(): Promise<string> {
  const node = process.execPath; // Node 24: an older one could not run this file
  const npm = npmFolder();
  const key = keyOf([readFileSync(node), readFileSync(join(npm, 'package.json'))]);
  return cachedArchive('node', key, (output, folder) =>
    assemble(NODE_IMAGE, output, folder, (rootfs) => {
      copyNode(node, npm, rootfs);
    }),
  );
}

/**
 * @returns the tar file of the image BASE_IMAGE
 * @throws BaseImageError
 */
export async function makeBaseImage(): Promise<string> {
  return cachedArchive('base', keyOf([]), (output, folder) =>
    assemble(BASE_IMAGE, output, folder, () => undefined),
  );
}

function keyOf(added: readonly Buffer[]): string {
  const hash = createHash('sha256').update(installedPackages().join('\n'));
  for (const content of [readFileSync(import.meta.filename), ...added]) {
    hash.update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

/** `name version` of each. */
function installedPackages(): string[] {
  try {
    const text = execFileSync('dpkg-query', ['-W', '-f', '${Package} ${Version}\\n', ...PACKAGES], {
      encoding: 'utf8',
    });
    return text.trim().split('\n');
  } catch (error) {
    throw new BaseImageError(`not all of ${PACKAGES.join(', ')} are installed Debian packages`, {
      cause: error,
    });
  }
}

/** The machine's npm; the command is a link into its folder. */
function npmFolder(): string {
  const npm = findProgram('npm');
  if (npm === null) {
    throw new BaseImageError('npm is not on the PATH');
  }
  return dirname(dirname(realpathSync(npm)));
}

async function assemble(
  name: string,
  output: string,
  folder: string,
  complete: (rootfs: string) => void,
): Promise<void> {
  const rootfs = join(folder, 'rootfs');
  // Its mode is that of the image's root folder, which users other than root must be able to enter.
  mkdirSync(rootfs, { mode: 0o755 });
  for (const name of MERGED) {
    mkdirSync(join(rootfs, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(rootfs, name));
  }
  copyPackages(rootfs);
  mkdirSync(join(rootfs, 'tmp'), { recursive: true });
  chmodSync(join(rootfs, 'tmp'), 0o1777); // whatever the umask says
  writeAccounts(rootfs);
  complete(rootfs);
  await packImage(rootfs, output, { name });
}

function copyNode(node: string, npm: string, rootfs: string): void {
  const bin = join(rootfs, 'usr', 'local', 'bin');
  const modules = join(rootfs, 'usr', 'local', 'lib', 'node_modules');
  mkdirSync(bin, { recursive: true });
  mkdirSync(modules, { recursive: true });
  copyFileSync(node, join(bin, 'node'));
  cpSync(npm, join(modules, 'npm'), { recursive: true, dereference: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(bin, 'npm'));
}

/** Every file of the packages as it is on this machine; a path below a merged folder lands in its /usr counterpart. */
function copyPackages(rootfs: string): void {
  const listed = execFileSync('dpkg-query', ['-L', ...PACKAGES], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = [...listed.split('\n'), ...MADE_FILES].filter(
    (path) => !LEFT_OUT.test(path) && isFileOrLink(path),
  );
  const archive = `${rootfs}.tar`;
  try {
    execFileSync('tar', ['-C', '/', '-cf', archive, '--no-recursion', '-T', '-'], {
      input: files.map((path) => `.${path}`).join('\n'),
    });
    execFileSync('tar', ['-C', rootfs, '-xf', archive, '--keep-directory-symlink']);
  } finally {
    rmSync(archive, { force: true });
  }
}

function isFileOrLink(path: string): boolean {
  const found = path.startsWith('/') ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  return found !== undefined && !found.isDirectory();
}

/** Debian's own list of accounts, and the one that the official Node images add. */
function writeAccounts(rootfs: string): void {
  const masters = join(rootfs, 'usr', 'share', 'base-passwd');
  const accounts = readFileSync(join(masters, 'passwd.master'), 'utf8');
  const groups = readFileSync(join(masters, 'group.master'), 'utf8');
  writeFileSync(join(rootfs, 'etc', 'passwd'), `${accounts}node:x:1000:1000::/home/node:/bin/bash\n`);
  writeFileSync(join(rootfs, 'etc', 'group'), `${groups}node:x:1000:\n`);
}
