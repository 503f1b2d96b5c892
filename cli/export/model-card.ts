/**
 * The README.md beside exported files: what the network takes, what it gives, and the lines that run it elsewhere. In: a
 * trained run and the names of the files. Out: Markdown. Pure.
 */
import { PIXEL_DEVIATION, PIXEL_MEAN } from '../../trainer-image/autodiff/rules/clip.ts';
import { parameterCount } from '../../trainer-image/models/parameter-count.ts';
import type { ExportNames } from '../../trainer-image/weights/name-tables.ts';
import type { TrainedRun } from './trained-run.ts';

export interface ExportedFiles {
  readonly onnx: string | null;
  readonly safetensors: string | null;
  readonly names: ExportNames;
}

export function modelCard(run: TrainedRun, files: ExportedFiles): string {
  const { network, settings, classNames } = run;
  const { frames, stride, cropSize } = settings.full;
  const parameters = parameterCount(network);
  const pixels = pixelsOf(run);
  return [
    `# ${run.name}`,
    '',
    `${settings.modelName}, ${parameters.toLocaleString('en')} parameters, ${network.numClasses} classes. Exported by`,
    `\`multigrid export\` from ${run.source}.`,
    '',
    '| | |',
    '| --- | --- |',
    `| clip | uint8 RGB, [N, T=${frames}, H=${cropSize}, W=${cropSize}, 3], stride ${stride}: one of ${stride} frames of the source |`,
    `| preprocessing | short side to ${settings.augmentation.jitterScales[0]} pixels, centre crop; (x / 255 - ${pixels.mean}) / ${pixels.deviation} |`,
    `| output | logits [N, ${network.numClasses}] |`,
    '',
    ...(files.onnx === null ? [] : onnxLines(files.onnx, frames, cropSize)),
    ...(files.safetensors === null ? [] : safetensorsLines(files.safetensors, files.names)),
    ...(classNames.length === 0 ? [] : ['Classes, in the order of the logits:', '']),
    ...classNames.map((name, label) => `${label}. ${name}`),
    '',
  ].join('\n');
}

function onnxLines(file: string, frames: number, cropSize: number): readonly string[] {
  return [
    `\`${file}\` does the preprocessing of values itself and runs in any ONNX Runtime; N is free:`,
    '',
    '```python',
    'import numpy, onnxruntime',
    '',
    `session = onnxruntime.InferenceSession("${file}")`,
    `clip = numpy.zeros((1, ${frames}, ${cropSize}, ${cropSize}, 3), numpy.uint8)`,
    'logits, probabilities = session.run(["logits", "probabilities"], {"clip": clip})',
    '```',
    '',
  ];
}

const NAMES_EXPLAINED: Readonly<Record<ExportNames, string>> = {
  multigrid:
    'under the names of multigrid; batch norms end in gamma, beta, mean and variance, their epsilon is 1e-5',
  pyslowfast:
    "under PySlowFast's names; `load_state_dict` of its networks takes them as they are, batch norm epsilon is 1e-5",
  pytorch: 'under the names in the ONNX file, as in the `state_dict` it was exported from',
};

/** What pixels are normalised with inside the model. */
function pixelsOf({ settings: { network } }: TrainedRun): {
  readonly mean: string;
  readonly deviation: string;
} {
  const own = 'path' in network ? network.pixels : undefined;
  const words = (numbers: readonly number[]): string => `[${numbers.join(', ')}]`;
  return own === undefined
    ? { mean: String(PIXEL_MEAN), deviation: String(PIXEL_DEVIATION) }
    : { mean: words(own.mean), deviation: words(own.deviation) };
}

function safetensorsLines(file: string, names: ExportNames): readonly string[] {
  return [
    `\`${file}\` holds weights and population statistics ${NAMES_EXPLAINED[names]}:`,
    '',
    '```python',
    'from safetensors.torch import load_file',
    '',
    `tensors = load_file("${file}")`,
    '```',
    '',
  ];
}
