/**
 * `multigrid export --run DIR --output FILE|DIR`: the network of a run, from any of its checkpoints, as an inference model
 * (ONNX) or as weights (safetensors) that can be trained further here and loaded into PyTorch. The work is done by
 * trainer-image's models and weights; this file decides what is written where.
 */
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';
import { encodeWeights } from '../../trainer-image/weights/export-tensors.ts';
import { EXPORT_NAMES, type ExportNames } from '../../trainer-image/weights/name-tables.ts';
import { modelCard } from '../export/model-card.ts';
import { readTrainedRun, type TrainedRun } from '../export/trained-run.ts';
import type { CommandIo } from '../io.ts';
import { makeFolders } from '../../storage/make-folder.ts';

const FORMATS = ['onnx', 'safetensors'] as const;
type Format = (typeof FORMATS)[number];

interface ExportFlags {
  readonly run: string;
  readonly output: string;
  readonly format?: Format;
  readonly names?: ExportNames;
  readonly checkpoint?: string;
  readonly network?: string;
}

/** Adds `export` to the program. Its action throws what reading a run throws for the caller to show. */
export function addExportCommand(program: Command, io: CommandIo): void {
  program
    .command('export')
    .description('write the network of a run as an ONNX model or as safetensors weights')
    .requiredOption('--run <dir>', 'folder of the run, as given with --output of multigrid run')
    .requiredOption('--output <path>', 'model.onnx, weights.safetensors, or a folder for both with a README')
    .addOption(
      new Option(
        '--format <format>',
        'onnx or safetensors (default: by the extension of the output)',
      ).choices(FORMATS),
    )
    .addOption(
      new Option(
        '--names <names>',
        "whose names the weights get (default: multigrid; pytorch, its file's own, for an ONNX network)",
      ).choices(EXPORT_NAMES),
    )
    .option('--checkpoint <file>', "weights to export instead of the run's newest checkpoint")
    .option('--network <file>', 'the ONNX file that the run trained, if it was moved')
    .action(async (flags: ExportFlags) => {
      await exportRun(flags, io);
    });
}

async function exportRun(flags: ExportFlags, io: CommandIo): Promise<void> {
  const isFolder = extname(flags.output) === '' || (await isDirectory(flags.output));
  const format = flags.format ?? formatOf(flags.output);
  if (!isFolder && format === null) {
    io.stderr(
      `the format of ${flags.output} is not clear from its name; use the extension .onnx or .safetensors, or give --format\n`,
    );
    io.setExitCode(EXIT.usage);
    return;
  }
  const run = await readTrainedRun(flags.run, {
    checkpoint: flags.checkpoint ?? null,
    network: flags.network ?? null,
  });
  const names = namesFor(run, flags);
  if (names === null) {
    io.stderr('--names pytorch are the names in an ONNX file; this run has a network of the zoo\n');
    io.setExitCode(EXIT.usage);
    return;
  }
  if (isFolder) {
    await writeFolder(run, { ...flags, names }, io);
  } else if (format !== null) {
    await writeExport(run, { path: flags.output, format, names }, io);
  }
}

/** Names that make sense for the run's network; null where those asked for do not. */
function namesFor({ settings }: TrainedRun, { names }: ExportFlags): ExportNames | null {
  const isOwn = 'path' in settings.network;
  const wanted = names ?? (isOwn ? 'pytorch' : 'multigrid');
  return wanted === 'pytorch' && !isOwn ? null : wanted;
}

/** A folder gets both files, or the one that was asked for, and a README. */
async function writeFolder(
  run: TrainedRun,
  { output, format, names }: ExportFlags & { readonly names: ExportNames },
  io: CommandIo,
): Promise<void> {
  await makeFolders(output);
  const onnx = format === 'safetensors' ? null : 'model.onnx';
  const safetensors = format === 'onnx' ? null : 'weights.safetensors';
  if (onnx !== null) {
    await writeExport(run, { path: join(output, onnx), format: 'onnx', names }, io);
  }
  if (safetensors !== null) {
    await writeExport(run, { path: join(output, safetensors), format: 'safetensors', names }, io);
  }
  const readme = join(output, 'README.md');
  await writeWholeFile(readme, modelCard(run, { onnx, safetensors, names }));
  io.stdout(`${readme}\n`);
}

interface ExportedFile {
  readonly path: string;
  readonly format: Format;
  readonly names: ExportNames;
}

async function writeExport(
  run: TrainedRun,
  { path, format, names }: ExportedFile,
  io: CommandIo,
): Promise<void> {
  const { network, values, settings, metadata } = run;
  const bytes =
    format === 'onnx'
      ? network.exportModel(values, settings.full, metadata)
      : encodeWeights(network, values, {
          names,
          metadata: { ...Object.fromEntries(metadata), ...architectureOf(settings) },
        });
  await writeWholeFile(path, bytes);
  io.stdout(`${path}  ${(bytes.length / 1e6).toFixed(1)} MB, from ${run.source}\n`);
}

/** What PyTorch needs to build the same network; an ONNX file is its own description. */
function architectureOf({ network }: TrainedRun['settings']): Readonly<Record<string, string>> {
  return 'path' in network ? {} : { architecture: JSON.stringify(network) };
}

function formatOf(path: string): Format | null {
  return FORMATS.find((format) => path.endsWith(`.${format}`)) ?? null;
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
