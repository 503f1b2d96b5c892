/**
 * `multigrid compare -f job.yaml --output DIR`: trains the recipe with and without multigrid and reports both side by
 * side, as a table here, as compare.html to look at and compare.json to compute with. The same command again goes on.
 */
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { writeWholeFile } from '../../storage/whole-file.ts';
import { compareSourceOf } from '../compare/compare-manifests.ts';
import { comparisonRows } from '../compare/compare-rows.ts';
import { compareRuns, summarizePairs } from '../compare/compare-runs.ts';
import { comparisonTable } from '../compare/compare-table.ts';
import { type PlannedRun, type TrainedPair, trainPairs } from '../compare/train-pairs.ts';
import type { CommandIo } from '../io.ts';
import { readManifestFile } from '../manifest/manifest-file.ts';
import { runShown } from './run.ts';
import { mpichOption, type WorkerFlags, workersOption, workersText } from './worker-options.ts';

interface CompareFlags extends WorkerFlags {
  readonly filename: string;
  readonly output: string;
  readonly seeds?: readonly number[];
}

/** Trains one run and shows how it goes; resolves to whether it came to its end. */
export type TrainShown = (
  run: PlannedRun & WorkerFlags & { readonly howToGoOn: string },
  io: CommandIo,
) => Promise<boolean>;

/**
 * Adds `compare` to the program. Its action throws what the runs throw for the caller to show.
 *
 * @param train How one run is trained. `runShown` of cli/run.ts when left out.
 */
export function addCompareCommand(program: Command, io: CommandIo, train: TrainShown = runShown): void {
  program
    .command('compare')
    .description('train a recipe with and without multigrid and report both side by side')
    .requiredOption('-f, --filename <file>', 'manifest of a MultigridTrainingJob with a multigrid part')
    .requiredOption('--output <dir>', 'folder of the comparison; run the same command again to resume it')
    .option('--seeds <list>', "seeds to train with, as in 0,1,2 (default: the manifest's)", parseSeeds)
    .addOption(workersOption())
    .addOption(mpichOption())
    .action(async (flags: CompareFlags) => {
      await compare(flags, io, train);
    });
}

async function compare(flags: CompareFlags, io: CommandIo, train: TrainShown): Promise<void> {
  const { filename, output, workers, mpich } = flags;
  const manifest = await readManifestFile(filename, io);
  if (manifest === null) {
    return;
  }
  const source = compareSourceOf(manifest.job, filename);
  const seeds = flags.seeds ?? [source.seed];
  const howToGoOn = commandText(flags);
  let started = 0;
  const pairs = await trainPairs({
    source,
    seeds,
    outputDir: output,
    train: (run) => {
      started += 1;
      io.stderr(`run ${started} of ${2 * seeds.length}: ${run.recipe}, seed ${run.seed}\n`);
      return train({ ...run, workers, mpich, howToGoOn }, io);
    },
  });
  if (pairs !== null) {
    await report(source.name, pairs, output, io);
  }
}

const COMPARE_FILES = { numbers: 'compare.json', page: 'compare.html' } as const;

async function report(
  name: string,
  pairs: readonly TrainedPair[],
  output: string,
  io: CommandIo,
): Promise<void> {
  const compared = pairs.map((pair) => ({ ...pair, comparison: compareRuns(pair.baseline, pair.multigrid) }));
  const comparison = summarizePairs(compared.map((pair) => pair.comparison));
  await writeWholeFile(join(output, COMPARE_FILES.numbers), `${JSON.stringify(comparison, null, 2)}\n`);
  const [first] = pairs;
  if (first !== undefined) {
    // The chart library takes a quarter of a second to load: no other command should wait for it.
    const { renderComparison } = await import('../compare/compare-page.ts');
    const { plan, jobYaml } = first.multigrid;
    const page = await renderComparison({ name, plan, pairs: compared, comparison, jobYaml });
    await writeWholeFile(join(output, COMPARE_FILES.page), page);
  }
  io.stdout(`\n${comparisonTable(comparisonRows(comparison))}\n`);
  for (const file of Object.values(COMPARE_FILES)) {
    io.stdout(`${join(output, file)}\n`);
  }
}

function commandText({ filename, output, seeds, workers }: CompareFlags): string {
  const seedsText = seeds === undefined ? '' : ` --seeds ${seeds.join(',')}`;
  return `multigrid compare -f ${filename} --output ${output}${seedsText}${workersText({ workers })}`;
}

/** Largest seed the API takes. */
const MAX_SEED = 2 ** 31 - 1;

function parseSeeds(text: string): readonly number[] {
  const seeds = text.split(',').map((part) => (/^\s*\d{1,10}\s*$/.test(part) ? Number(part) : Number.NaN));
  if (!seeds.every((seed) => seed <= MAX_SEED) || new Set(seeds).size < seeds.length) {
    throw new InvalidArgumentError('They must be different whole numbers, separated by commas.');
  }
  return seeds;
}
