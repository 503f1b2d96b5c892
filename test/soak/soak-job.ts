/**
 * The run that a soak interrupts: a folder with small videos, a narrow network with several batch-norm groups under the full
 * long and short cycle, and what the run leaves when nobody disturbs it. In come nothing but a place, out come manifest,
 * disks and the calm run's results to compare with.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'yaml';
import { makeMovingDigits } from '../../cli/dataset/moving-digits/make.ts';
import { readMetrics } from '../../trainer-image/run-folder/metrics-reader.ts';
import { isManifest, timeless } from '../support/small-job.ts';
import { shareMounts, TestDisk } from './test-disk.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'quickstart-small.yaml');
const MANIFEST = 'job.yaml';
const DATA_MIB = 128;
/** Enough for a run, and quick to fill. */
const OUTPUT_MIB = 24;
/** What a run leaves that is not a result: logs, and checkpoints whose numbers follow from where it was resumed. */
const NOT_COMPARED = ['trainer.log', 'events.jsonl', 'checkpoints'];

/** What a run leaves. */
interface Results {
  readonly model: Buffer;
  readonly events: readonly unknown[];
  readonly files: readonly string[];
}

export class SoakJob {
  readonly folder: string;
  readonly manifestPath: string;
  readonly data: TestDisk;
  readonly output: TestDisk;
  readonly #unshare: () => void;
  #calm: Results | null = null;

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
    await makeMovingDigits(
      { output: join(data.path, 'data'), train: 64, val: 16, test: 16, workers: 2 },
      () => undefined,
      new AbortController().signal,
    );
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

  /** Iterations that are done, by the run's own log. */
  async iterations(run: string): Promise<number> {
    const text = await readFile(join(this.behind(run), 'metrics.jsonl'), 'utf8').catch(() => '');
    const last = [...text.matchAll(/"kind":"step".*?"iteration":(\d+)/g)].at(-1);
    return last === undefined ? 0 : Number(last[1]) + 1;
  }

  /** Takes what a run left for what every other one has to leave. Returns its iterations. */
  async takeForCalm(run: string): Promise<number> {
    this.#calm = await this.#results(run);
    return this.iterations(run);
  }

  /** What is not as the calm run left it; empty when all is. */
  async differences(run: string): Promise<readonly string[]> {
    const calm = this.#calm;
    if (calm === null) {
      throw new TypeError('there is no calm run to compare with');
    }
    const { model, events, files } = await this.#results(run);
    const changed = events.findIndex((event, index) => !isDeepStrictEqual(event, calm.events[index]));
    return [
      ...(model.equals(calm.model) ? [] : ['the bytes of model.onnx']),
      ...(isDeepStrictEqual(events, calm.events)
        ? []
        : [
            `metrics.jsonl: ${describeEvent(events, changed)} in the place of ${describeEvent(calm.events, changed)}`,
          ]),
      ...files.filter((name) => !calm.files.includes(name)).map((name) => `${name} left behind`),
      ...calm.files.filter((name) => !files.includes(name)).map((name) => `no ${name}`),
    ];
  }

  async removeRun(run: string): Promise<void> {
    await rm(this.behind(run), { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    this.output.remove();
    this.data.remove();
    this.#unshare();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #results(run: string): Promise<Results> {
    const folder = this.behind(run);
    const model = await readFile(join(folder, 'model.onnx'));
    const events = timeless(await readMetrics(join(folder, 'metrics.jsonl')));
    const checkpoints = await readdir(join(folder, 'checkpoints'));
    const files = (await readdir(folder)).filter((name) => !NOT_COMPARED.includes(name));
    const halves = checkpoints.filter((name) => !/^iteration-\d{8}\.(json|safetensors)$/.test(name));
    return { model, events, files: [...files, ...halves.map((name) => `checkpoints/${name}`)].sort() };
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

function describeEvent(events: readonly unknown[], index: number): string {
  const event = index < 0 ? undefined : events[index];
  return event === undefined ? 'nothing' : JSON.stringify(event);
}
