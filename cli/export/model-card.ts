/**
 * The README.md beside exported files: what the network takes, what it gives, and the lines that run it elsewhere. In: a
 * trained run and the names of the files. Out: Markdown. Pure.
 */
import { normalizationFormula, PUBLISHED_PIXELS } from '../../multigrid/contract/pixels.ts';
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
  const pixels = 'path' in settings.network ? settings.network.pixels : undefined;
  return [
    `# ${run.name}`,
    '',
    `${settings.modelName}, ${parameters.toLocaleString('en')} parameters, ${network.numClasses} classes. Exported by`,
    `\`multigrid export\` from ${run.source}.`,
    '',
    '| | |',
    '| --- | --- |',
    `| clip | uint8 RGB, [N, T=${frames}, H=${cropSize}, W=${cropSize}, 3], stride ${stride}: one of ${stride} frames of the source |`,
    `| preprocessing | short side to ${settings.augmentation.jitterScales[0]} pixels, centre crop; ${normalizationFormula(pixels ?? PUBLISHED_PIXELS)} |`,
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
