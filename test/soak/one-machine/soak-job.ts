/**
 * The run that a soak interrupts: a folder with small videos, a narrow network with several batch-norm groups under the full
 * long and short cycle. In comes nothing but a place, out come the manifest and the disks.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { isManifest } from '../../support/small-job.ts';
import { putSmallVideos } from '../../support/small-videos.ts';
import { shareMounts, TestDisk } from './test-disk.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', '..', 'examples', 'quickstart-small.yaml');
const MANIFEST = 'job.yaml';
const DATA_MIB = 128;
/** Enough for a run, and quick to fill. */
const OUTPUT_MIB = 24;
export class SoakJob {
  readonly folder: string;
  readonly manifestPath: string;
  readonly data: TestDisk;
  readonly output: TestDisk;
  readonly #unshare: () => void;

  private constructor(
    folder: string,
    { data, output, unshare }: { data: TestDisk; output: TestDisk; unshare: () => void },
  ) {
    this.folder = folder;
    this.manifestPath = join(folder, MANIFEST);
    this.data = data;
    this.output = output;
    this.#unshare = unshare;
  }

  /** Makes folder, disks and videos. */
  static async make(): Promise<SoakJob> {
    const folder = await mkdtemp(join(tmpdir(), 'multigrid-soak-'));
    const unshare = shareMounts(folder);
    const data = await TestDisk.make(folder, 'disk-of-data', DATA_MIB);
    const output = await TestDisk.make(folder, 'disk-of-results', OUTPUT_MIB);
    await writeFile(join(folder, MANIFEST), await manifestOf(data.path));
    await putSmallVideos(join(data.path, 'data'));
    return new SoakJob(folder, { data, output, unshare });
  }

  /** Folder of a run as the run sees it. */
  outputOf(run: string): string {
    return join(this.output.path, run);
  }

  /** The same, to be seen also while its disk is away. */
  behind(run: string): string {
    return join(this.output.behind, run);
  }

  async remove(): Promise<void> {
    this.output.remove();
    this.data.remove();
    this.#unshare();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function manifestOf(dataFolder: string): Promise<string> {
  const manifest: unknown = parse(await readFile(EXAMPLE, 'utf8'));
  if (!isManifest(manifest)) {
    throw new TypeError(`${EXAMPLE} is no manifest`);
  }
  const { spec } = manifest;
  manifest.metadata.name = 'soak';
  spec.model = { ...spec.model, name: 'i3d-small', architecture: { width: 4, expansion: 1 } };
  spec.data = { ...spec.data, jitterScales: [34, 40] };
  for (const list of ['train', 'val', 'test', 'classes']) {
    spec.data[list] = join(dataFolder, String(spec.data[list]));
  }
  spec.recipe = {
    ...spec.recipe,
    ...{ cropSize: 32, epochs: 12, steps: [0, 8] },
    warmup: { epochs: '1', learningRate: '0.002' },
    test: { temporalViews: 1, spatialViews: 1 },
  };
  spec.multigrid = { groupSize: 2 };
  spec.checkpoint = { everyIterations: 5, keep: 3 };
  spec['runPolicy'] = { backoffLimit: 1000 };
  return stringify(manifest);
}
