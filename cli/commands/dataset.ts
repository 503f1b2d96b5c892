/**
 * `multigrid dataset make moving-digits`: flags in, a folder with a video dataset out, progress on standard error and
 * one closing line on standard output. The work is done by cli/dataset/moving-digits.
 */
import { Argument, type Command } from 'commander';
import {
  makeMovingDigits,
  type DatasetProgress,
  type DatasetSummary,
} from '../dataset/moving-digits/make.ts';
import {
  DEFAULT_SETTINGS,
  DEFAULT_WORKERS,
  type MovingDigitsOptions,
} from '../dataset/moving-digits/settings.ts';
import type { CommandIo } from '../io.ts';
import { wholeNumber } from './whole-number.ts';

interface MakeFlags {
  readonly output: string;
  readonly train: number;
  readonly val: number;
  readonly test: number;
  readonly seed: number;
  readonly size: number;
  readonly workers: number;
}

/** Adds `dataset make <name>` to the program. Its action throws the maker's errors for the caller to show. */
export function addDatasetCommand(program: Command, io: CommandIo): void {
  const { seed, size, videos } = DEFAULT_SETTINGS;
  program
    .command('dataset')
    .description('make a small dataset to try things with')
    .command('make')
    .description('make a dataset, complete an interrupted one, or check a complete one')
    .addArgument(
      new Argument('<name>', 'moving-digits: handwriting that moves over photos, 16 classes').choices([
        'moving-digits',
      ]),
    )
    .requiredOption('--output <dir>', 'folder to make or to complete')
    .option('--train <n>', 'training videos', wholeNumber, videos.train)
    .option('--val <n>', 'validation videos', wholeNumber, videos.val)
    .option('--test <n>', 'test videos', wholeNumber, videos.test)
    .option('--seed <n>', 'same seed, same videos', wholeNumber, seed)
    .option('--size <pixels>', 'side of the picture, even', wholeNumber, size)
    .option('--workers <n>', 'processes that make videos', wholeNumber, DEFAULT_WORKERS)
    .action(async (_name: string, flags: MakeFlags) => {
      await makeDataset(flags, io);
    });
}

/** Makes or completes the dataset, with its progress on standard error and the closing line on standard output. */
export async function makeDataset(options: MovingDigitsOptions, io: CommandIo): Promise<void> {
  const progress = new ProgressLine(io);
  const report = (step: DatasetProgress): void => {
    progress.show(step);
  };
  io.stdout(closingLine(await makeMovingDigits(options, report, new AbortController().signal)));
}

function closingLine({ directory, videos, bytes, made }: DatasetSummary): string {
  const content = `${videos.train} training, ${videos.val} validation and ${videos.test} test videos`;
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  return made === 0
    ? `${directory} is complete: ${content}, ${size}, every file as its manifest says.\n`
    : `Made ${made} videos. ${directory} holds ${content}, ${size}.\n`;
}

/** One line that counts up on a terminal; ten plain lines where nobody can erase them. */
class ProgressLine {
  readonly #io: CommandIo;
  #tenths = 0;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  show({ finished, total }: DatasetProgress): void {
    const text = `moving-digits: ${finished} of ${total} videos`;
    if (this.#io.isTty) {
      this.#io.stderr(finished === total ? `\r${text}\n` : `\r${text}`);
      return;
    }
    const tenths = Math.floor((10 * finished) / total);
    if (tenths > this.#tenths) {
      this.#tenths = tenths;
      this.#io.stderr(`${text}\n`);
    }
  }
}
