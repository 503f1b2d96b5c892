/**
 * Native libraries that only PyPI has, in the wheels of Python packages. In: a package's exact version and platform tag, or a
 * wheel, or the folder it was unpacked to (an image's build has no Python where Node is). Out: a folder with its files, and
 * hashes to check them by. pip shows how far it is.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { pipeline } from 'node:stream/promises';

export interface Wheel {
  /** As pip takes it: `name==version`. */
  readonly requirement: string;
  /** E.g. `manylinux_2_28_x86_64`. */
  readonly platformTag: string;
}

/**
 * Hands the wheel's files to `use`, and removes afterwards what was fetched or unpacked.
 *
 * @param given - a wheel or an unpacked one; fetched when undefined.
 */
export async function withWheel(
  wheel: Wheel,
  given: string | undefined,
  use: (unpacked: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wheel-'));
  try {
    const source = given ?? fetchWheel(wheel, folder);
    await use(statSync(source).isDirectory() ? source : unpack(source, join(folder, 'unpacked')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** SHA-256 of a file. */
export async function sha256(path: string, encoding: 'hex' | 'base64url' = 'hex'): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest(encoding);
}

/** @param what - what a file is that has another hash. @throws Error */
export async function requireSha256(path: string, expected: string, what: string): Promise<void> {
  const found = await sha256(path);
  if (found !== expected) {
    throw new Error(`${path} has SHA-256 ${found}, expected ${expected}: ${what}`);
  }
}

/** Has a folder filled that takes the place of `folder` once it is whole. */
export async function replaceFolder(
  folder: string,
  fill: (unfinished: string) => Promise<void>,
): Promise<void> {
  const unfinished = `${folder}.${pid}`;
  mkdirSync(unfinished);
  try {
    await fill(unfinished);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function fetchWheel({ requirement, platformTag }: Wheel, folder: string): string {
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', `--platform=${platformTag}`];
  execFileSync('python3', [...args, '--python-version=3.11', requirement, '--dest', folder], {
    stdio: 'inherit',
  });
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) {
    throw new Error(`pip left no wheel in ${folder}; give a wheel of ${requirement} as an argument`);
  }
  return join(folder, wheel);
}

function unpack(wheel: string, folder: string): string {
  execFileSync('python3', ['-m', 'zipfile', '-e', wheel, folder]);
  return folder;
}
