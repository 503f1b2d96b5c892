/**
 * `multigrid models`: the networks that a manifest can name, with what they cost. A table for people, `-o json` for
 * programs (docs/models.md). Parameters and multiply-adds are counted by walking through each network, not stored.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { ZOO } from '../../multigrid/api/zoo.ts';
import type { CommandIo } from '../io.ts';
import { listModels, type ModelListing } from '../models/list-models.ts';
import { modelTable } from '../models/model-table.ts';

/** Of the API. */
const MAX_CLASSES = 1_000_000;
const MAX_FRAMES = 1024;
const MAX_CROP = 1024;

interface ModelsFlags {
  readonly output: 'table' | 'json';
  readonly classes: number;
  readonly frames?: number;
  readonly crop: readonly number[];
}

/** Adds `models` to the program. */
export function addModelsCommand(program: Command, io: CommandIo): void {
  program
    .command('models')
    .description('list the networks that a manifest can name, with parameters and multiply-adds')
    .argument('[names...]', 'only these, as in slowfast-8x8-r50')
    .addOption(
      new Option('-o, --output <form>', 'form of the output').choices(['table', 'json']).default('table'),
    )
    .option('--classes <n>', 'number of classes', wholeNumber(2, MAX_CLASSES), 400)
    .option('--frames <n>', "frames of a clip, in place of each network's own", wholeNumber(1, MAX_FRAMES))
    .option('--crop <pixels>', 'sides of the crop, as in 224,256', parseCrops, [224, 256])
    .action((names: readonly string[], flags: ModelsFlags) => {
      showModels(names, flags, io);
    });
}

function showModels(names: readonly string[], flags: ModelsFlags, io: CommandIo): void {
  const unknown = names.find((name) => !Object.keys(ZOO).includes(name));
  if (unknown !== undefined) {
    io.stderr(`there is no network ${unknown}; \`multigrid models\` lists all\n`);
    io.setExitCode(EXIT.usage);
    return;
  }
  const { classes, frames, crop } = flags;
  const models = listModels({ names, numClasses: classes, frames: frames ?? null, cropSizes: crop });
  io.stdout(flags.output === 'json' ? json(classes, models) : modelTable(models));
}

function json(numClasses: number, models: readonly ModelListing[]): string {
  return `${JSON.stringify({ numClasses, models }, null, 2)}\n`;
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

function parseCrops(text: string): readonly number[] {
  return text.split(',').map((part) => wholeNumber(1, MAX_CROP)(part.trim()));
}
