/**
 * Makes a container image of a folder, without a container engine: one layer, in the archive format of `docker save`,
 * which containerd and buildah read. The same folder gives the same bytes. Used for the pause image and for the base
 * that our Dockerfiles are built on in tests.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ImageOptions {
  /** With its tag, such as multigrid.test/pause:1. */
  readonly name: string;
  readonly entrypoint?: readonly string[];
  readonly env?: readonly string[];
}

/** Timestamps and owners are the same whoever packs, and when. */
const REPRODUCIBLE = [
  '--sort=name',
  '--mtime=@0',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--format=gnu',
];

/**
 * Writes the image of a root file system to a tar file. Beside that file, a folder `NAME.parts` is used and removed.
 */
export async function packImage(rootfs: string, tarFile: string, options: ImageOptions): Promise<void> {
  const folder = `${tarFile}.parts`;
  mkdirSync(folder);
  const layer = join(folder, 'layer.tar');
  await run('tar', [...REPRODUCIBLE, '-C', rootfs, '-cf', layer, '.']);
  const config = JSON.stringify(imageConfig(await sha256(layer), options));
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
  writeFileSync(join(folder, configName), config);
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify([{ Config: configName, RepoTags: [options.name], Layers: ['layer.tar'] }]),
  );
  const parts = ['manifest.json', configName, 'layer.tar'];
  await run('tar', [...REPRODUCIBLE, '-C', folder, '-cf', tarFile, ...parts]);
  rmSync(folder, { recursive: true });
}

function imageConfig(layerDigest: string, { entrypoint = [], env = [] }: ImageOptions): object {
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {
      ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env],
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
    history: [{ created_by: 'multigrid test cluster' }],
  };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
