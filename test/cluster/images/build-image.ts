/**
 * Builds a Dockerfile of this project as it will be built for real, but on images made here, with buildah and without a
 * daemon, a registry or a network of its own. In come the Dockerfile and its context, out comes an archive that startCluster
 * takes. Kept by a hash of everything that went in, so that the second time costs nothing.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runTied } from '../run-folder/tied-command.ts';
import { BASE_IMAGE, makeBaseImage, makeNodeImage, NODE_IMAGE } from './base-image.ts';
import { hashContext } from './context-hash.ts';
import { cachedArchive } from '../archives/archive-cache.ts';

export interface ImageBuild {
  readonly dockerfile: string;
  /** The folder that COPY copies from; its .dockerignore holds. */
  readonly context: string;
  /** The name the image gets, with its tag. */
  readonly name: string;
  /** The Dockerfile's ARGs. The images that it stands on are made here unless they are given. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** A folder of this machine that is put into the built image; its name says which version it is. */
  readonly addition?: { readonly folder: string; readonly target: string } | undefined;
}

/** buildah ended with an error. */
export class ImageBuildError extends Error {
  constructor(dockerfile: string, options: ErrorOptions) {
    super(`building ${dockerfile} failed: ${String(options.cause)}`, options);
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
  const grounds = [await makeNodeImage(), await makeBaseImage()];
  const hash = createHash('sha256').update(
    JSON.stringify([grounds, build.name, build.buildArgs ?? {}, build.addition ?? null]),
  );
  hash.update(readFileSync(build.dockerfile));
  hashContext(hash, build.context);
  return cachedArchive(
    build.name.replace(/[^\w.-]+/gu, '-'),
    hash.digest('hex').slice(0, 16),
    (output, folder) => buildWithBuildah(build, grounds, output, folder),
  );
}

async function buildWithBuildah(
  build: ImageBuild,
  grounds: readonly string[],
  output: string,
  folder: string,
): Promise<void> {
  const buildah = buildahIn(folder);
  const args = { BASE_IMAGE, BUILD_IMAGE: NODE_IMAGE, PROVIDER_IMAGE: NODE_IMAGE, ...build.buildArgs };
  try {
    for (const archive of grounds) {
      await buildah('pull', [`docker-archive:${archive}`]);
    }
    await buildah('bud', [
      ...['--isolation', 'chroot', '--pull-never', '--layers=false', '--file', build.dockerfile],
      ...['--tag', build.name, ...packageCache(folder)],
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      build.context,
    ]);
    if (build.addition !== undefined) {
      const { folder: source, target } = build.addition;
      await buildah('from', ['--pull=never', '--name', 'whole', build.name]);
      await buildah('copy', ['whole', source, target]);
      await buildah('commit', ['whole', build.name]);
    }
    await buildah('push', [build.name, `docker-archive:${output}:${build.name}`]);
  } catch (error) {
    throw new ImageBuildError(build.dockerfile, { cause: error });
  }
}

/** Everything buildah keeps lies in the folder. */
function buildahIn(folder: string): (command: string, args: readonly string[]) => Promise<void> {
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
  return (command, args) =>
    runTied(folder, ['buildah', ...storage, command, '--signature-policy', policy, ...args]);
}

/** npm in the build reads packages that this machine has fetched already, and trusts what this machine trusts. */
function packageCache(folder: string): string[] {
  const npmrc = join(folder, 'npmrc');
  writeFileSync(npmrc, 'cafile=/etc/ssl/certs/ca-certificates.crt\n');
  const cache = join(homedir(), '.npm');
  mkdirSync(cache, { recursive: true });
  return ['--volume', `${npmrc}:/root/.npmrc:ro`, '--volume', `${cache}:/root/.npm:rw`];
}
