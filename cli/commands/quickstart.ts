/**
 * `multigrid quickstart` (`npm run quickstart`): everything once. Makes the moving-digits videos, trains the network of
 * examples/quickstart.yaml on them, and says where the report and the model are. Each step is a command of its own that
 * a person can run by hand; this one only joins them, and goes on where it was interrupted.
 */
import { access, copyFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { readResult } from '../../trainer-image/run-folder/result-file.ts';
import { RUN_FILES } from '../../trainer-image/run-folder/run-folder.ts';
import type { RunResult } from '../../trainer-image/run-folder/events.ts';
import { makeDataset } from './dataset.ts';
import { mpichOption, type WorkerFlags, workersOption } from './worker-options.ts';
import type { CommandIo } from '../io.ts';
import { runShown } from './run.ts';
import { makeFolders } from '../../storage/make-folder.ts';

interface QuickstartFlags extends WorkerFlags {
  readonly output: string;
  readonly small: boolean;
}

/** Videos of each list, and the manifest that goes with them. */
const SIZES = {
  full: { manifest: 'quickstart.yaml', videos: { train: 1300, val: 320, test: 320 } },
  small: { manifest: 'quickstart-small.yaml', videos: { train: 64, val: 16, test: 16 } },
} as const;

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

/** Adds `quickstart` to the program. */
export function addQuickstartCommand(program: Command, io: CommandIo): void {
  program
    .command('quickstart')
    .description('make a small video data set, train a SlowFast on it, show where the report is')
    .option('--output <dir>', 'folder for the videos and the runs', 'quickstart')
    .option('--small', 'the size for continuous integration: seconds, and no accuracy to speak of', false)
    .addOption(workersOption())
    .addOption(mpichOption())
    .action(async (flags: QuickstartFlags) => {
      await quickstart(flags, io);
    });
}

async function quickstart({ output, small, ...flags }: QuickstartFlags, io: CommandIo): Promise<void> {
  const { manifest, videos } = small ? SIZES.small : SIZES.full;
  await makeFolders(output);
  io.stdout(`1/3  videos: handwriting that moves over photos, ${videos.train} to train on\n`);
  await makeDataset({ output: join(output, 'data'), ...videos }, io);
  const manifestPath = join(output, 'job.yaml');
  await copyFile(join(EXAMPLES, manifest), manifestPath);
  io.stdout(`2/3  training: ${show(manifestPath)}, coarse to fine\n`);
  const { folder, isBegun } = await nextRunFolder(output);
  const isComplete = await runShown(
    { manifestPath, outputDir: folder, resume: isBegun, howToGoOn: 'npm run quickstart', ...flags },
    io,
  );
  const result = isComplete ? await readResult(join(folder, RUN_FILES.result)) : null;
  if (result !== null) {
    io.stdout(closing(folder, result));
  }
}

/** The first run folder that is new or not finished, so that a second quickstart trains again and loses nothing. */
async function nextRunFolder(
  output: string,
): Promise<{ readonly folder: string; readonly isBegun: boolean }> {
  for (let number = 1; ; number += 1) {
    const folder = join(output, number === 1 ? 'run' : `run-${number}`);
    if (!(await exists(join(folder, RUN_FILES.result)))) {
      return { folder, isBegun: await exists(join(folder, RUN_FILES.job)) };
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function closing(folder: string, result: RunResult): string {
  const videos = result.confusion.flat().reduce((sum, count) => sum + count, 0);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    `3/3  top-1 ${percent(result.top1)} on ${videos} test videos, unused for training and for choosing settings`,
    `     trained in ${result.seconds.toFixed(0)} s, ${result.clips} clips, ${result.clipsPerSecond.toFixed(0)} clips/s, waiting for data ${percent(result.dataWaitRatio)} of the time`,
    '',
    `     report  ${show(join(folder, RUN_FILES.report))}`,
    `     model   ${show(join(folder, 'model.onnx'))}`,
    `     next    npx multigrid compare -f ${show(join(folder, '..', 'job.yaml'))} --output ${show(join(folder, '..', 'comparison'))}`,
    '',
  ].join('\n');
}

function show(path: string): string {
  return relative('.', path) || '.';
}
