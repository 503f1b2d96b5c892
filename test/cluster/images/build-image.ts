/**
 * Builds a Dockerfile of this project as it will be built for real, but on the base made here, with buildah and without a
 * daemon, a registry or a network of its own. In come the Dockerfile and its context, out comes an archive that loadImage
 * takes. Kept by a hash of everything that went in, so that the second time costs nothing.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../binaries/tool-cache.ts';
import { lock } from '../locks/process-lock.ts';
import { BASE_IMAGE, makeBaseImage } from './base-image.ts';
import { hashContext } from './context-hash.ts';

const run = promisify(execFile);

const OUTPUT_LIMIT = 64 * 1024 * 1024;

export interface ImageBuild {
  readonly dockerfile: string;
  /** The folder that COPY copies from; its .dockerignore holds. */
  readonly context: string;
  /** The name the image gets, with its tag. */
  readonly name: string;
  /** The Dockerfile's ARGs. BASE_IMAGE and BUILD_IMAGE are the base made here unless they are given. */
  readonly buildArgs?: Readonly<Record<string, string>>;
}

/** buildah ended with an error. */
export class ImageBuildError extends Error {
  constructor(dockerfile: string, output: string, options?: ErrorOptions) {
    super(`building ${dockerfile} failed:\n${output.slice(-4000)}`, options);
    this.name = 'ImageBuildError';
  }
}

/**
 * Needs root and buildah.
 *
 * @returns the tar file
 * @throws BaseImageError
 * @throws ImageBuildError
 */
export async function buildImage(build: ImageBuild): Promise<string> {
  const base = await makeBaseImage();
  const hash = createHash('sha256').update(JSON.stringify([base, build.name, build.buildArgs ?? {}]));
  hash.update(readFileSync(build.dockerfile));
  hashContext(hash, build.context);
  const key = hash.digest('hex').slice(0, 16);
  const tarFile = join(cacheFolder(), 'images', `${build.name.replace(/[^\w.-]+/gu, '-')}-${key}.tar`);
  const held = await lock(`image/${key}`, () => undefined);
  try {
    if (!existsSync(tarFile)) {
      mkdirSync(dirname(tarFile), { recursive: true });
      await buildWithBuildah(build, base, tarFile);
    }
    return tarFile;
  } finally {
    await held.release();
  }
}

async function buildWithBuildah(build: ImageBuild, base: string, tarFile: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'multigrid-buildah-'));
  try {
    const buildah = buildahIn(folder);
    const output = join(folder, 'image.tar');
    const args = { BASE_IMAGE, BUILD_IMAGE: BASE_IMAGE, ...build.buildArgs };
    await buildah(['pull', `docker-archive:${base}`]);
    await buildah([
      ...['bud', '--isolation', 'chroot', '--pull-never', '--layers=false', '--file', build.dockerfile],
      ...['--tag', build.name, ...packageCache(folder)],
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      build.context,
    ]);
    await buildah(['push', build.name, `docker-archive:${output}:${build.name}`]);
    const partial = `${tarFile}.partial-${process.pid}`;
    await run('cp', ['--', output, partial]);
    renameSync(partial, tarFile);
  } catch (error) {
    const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
    throw new ImageBuildError(build.dockerfile, said, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Everything buildah keeps lies in the folder. */
function buildahIn(folder: string): (args: readonly string[]) => Promise<unknown> {
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  const storage = [
    '--root',
    join(folder, 'storage'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'vfs',
  ];
  return ([command = '', ...args]) => {
    const withPolicy = command === 'bud' || command === 'pull' || command === 'push';
    return run(
      'buildah',
      [...storage, command, ...(withPolicy ? ['--signature-policy', policy] : []), ...args],
      {
        maxBuffer: OUTPUT_LIMIT,
      },
    );
  };
}

/** npm in the build reads packages that this machine has fetched already, and trusts what this machine trusts. */
function packageCache(folder: string): string[] {
  const npmrc = join(folder, 'npmrc');
  writeFileSync(npmrc, 'cafile=/etc/ssl/certs/ca-certificates.crt\n');
  const cache = join(homedir(), '.npm');
  mkdirSync(cache, { recursive: true });
  return ['--volume', `${npmrc}:/root/.npmrc:ro`, '--volume', `${cache}:/root/.npm:rw`];
}
