/**
 * What `multigrid doctor` found, as lines for a person: `ok` or `--`, the part, what it is or what to do. In: findings. Out:
 * text. Pure; `doctor.ts` prints it.
 */
import { clusterRows } from './cluster-rows.ts';
import type { MachineFindings, Part } from './examine.ts';

export function findingsTable(findings: MachineFindings): string {
  const { system, processor, onnxRuntime, cuda, ffmpeg, mpi, nccl } = findings;
  const sets = processor.instructionSets === null ? '' : `, ${processor.instructionSets.join(' ')}`;
  const rows = [
    ['ok', 'Node', `${system.node} on ${system.platform}/${system.arch}`],
    [
      'ok',
      'Processor',
      `${processor.model}, ${processor.cores} cores, ${processor.memoryMiB.toLocaleString('en-US')} MiB memory${sets}`,
    ],
    row('ONNX Runtime', onnxRuntime, ({ version, library }) => `${version}, ${library}`),
    row('FFmpeg', ffmpeg, ({ canDecodeH264 }) =>
      canDecodeH264
        ? 'its libraries load and decode H.264'
        : 'its libraries load, without a decoder for H.264',
    ),
    row('MPI', mpi, ({ version, library }) => `${version}, two ranks add up; ${library}`),
    row('CUDA', cuda, () => 'a GPU and its libraries were found'),
    ...cudaRows(findings),
    row('NCCL', nccl, ({ version, library }) => `${version}, ${library}`),
    ...(findings.cluster === null ? [] : clusterRows(findings.cluster)),
  ];
  const width = Math.max(...rows.map(([, name = '']) => name.length));
  return `${rows.map(([mark = '', name = '', text = '']) => `${mark}  ${name.padEnd(width)}  ${text}`).join('\n')}\n`;
}

function row<T>(name: string, part: Part<T>, text: (found: T) => string): readonly string[] {
  return part.isFound ? ['ok', name, text(part)] : ['--', name, part.reason];
}

function cudaRows({ cuda }: MachineFindings): readonly (readonly string[])[] {
  if (cuda.findings === null) {
    return [];
  }
  const { provider, needed, driver } = cuda.findings;
  const files = [...provider, ...needed].map(({ library, isFound }) => [
    isFound ? 'ok' : '--',
    '  library',
    library,
  ]);
  const gpus =
    driver.kind === 'missing'
      ? [['--', '  driver', driver.reason]]
      : [
          ['ok', '  driver', `runs CUDA up to ${driver.cudaVersion}`],
          ...driver.gpus.map(({ name, memoryMiB, computeCapability }, device) => [
            'ok',
            `  GPU ${device}`,
            `${name}, ${memoryMiB.toLocaleString('en-US')} MiB, compute capability ${computeCapability}`,
          ]),
        ];
  return [...files, ...gpus];
}
