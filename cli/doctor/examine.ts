/**
 * What this machine brings for training, as data: Node, ONNX Runtime, processor and memory, CUDA, FFmpeg, and the
 * cluster it is set up for, if there is one. In: nothing but the machine. Out: `MachineFindings`; a part that is missing
 * is a finding with its reason, never an error.
 */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { arch, platform, version } from 'node:process';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { createEngine } from '../../trainer-image/engine/create-engine.ts';
import { missingForCuda, probeCuda } from '../../trainer-image/engine/cuda/probe.ts';
import type { CudaFindings } from '../../trainer-image/engine/cuda/probe.ts';
import { findLibrary } from '../../trainer-image/engine/onnxruntime/library.ts';
import { checkMpi } from '../../trainer-image/mpi/check-mpi.ts';
import { versionText } from '../../trainer-image/nccl/abi.ts';
import { findNccl } from '../../trainer-image/nccl/find-nccl.ts';
import { parse } from 'yaml';
import { connect, hasKubeconfig, type ClusterChoice } from '../cluster/connect.ts';
import { inspectDecoder } from '../../trainer-image/data/inspect-decoder.ts';
import { examineCluster, unreachable, type ClusterFindings } from './examine-cluster.ts';

/** A part that is there, or why it is not. */
export type Part<T> = ({ readonly isFound: true } & T) | { readonly isFound: false; readonly reason: string };

export interface MachineFindings {
  readonly system: { readonly platform: string; readonly arch: string; readonly node: string };
  readonly processor: {
    readonly model: string;
    readonly cores: number;
    readonly memoryMiB: number;
    /** Of the instruction sets that matter for speed, those it has; null where the system does not say. */
    readonly instructionSets: readonly string[] | null;
  };
  readonly onnxRuntime: Part<{ readonly version: string; readonly library: string }>;
  readonly cuda: Part<{ readonly findings: CudaFindings }> & { readonly findings: CudaFindings | null };
  /** What several workers need of MPI; one needs none of it. */
  readonly mpi: Part<{ readonly version: string; readonly library: string }>;
  /** What several GPUs need to add up between them. */
  readonly nccl: Part<{ readonly version: string; readonly library: string }>;
  readonly ffmpeg: Part<{ readonly canDecodeH264: boolean }>;
  /** Null: nothing says where a cluster would be. */
  readonly cluster: ClusterFindings | null;
}

export interface ExamineOptions {
  /** ONNX Runtime's library, when it is not the one in its package. */
  readonly libraryPath: string | undefined;
  /** Folder of MPICH, when it is not the installed one. */
  readonly mpich: string | undefined;
  /** NCCL's library, when it is none of those that are looked for. */
  readonly nccl: string | undefined;
  readonly readTextFile: (path: string) => Promise<string>;
  readonly cluster: ClusterChoice;
}

const INSTRUCTION_SETS = ['avx2', 'avx512f', 'avx512_vnni', 'amx_tile', 'asimd', 'sve'];
const MIB = 2 ** 20;
const CRD_FILE = join(import.meta.dirname, '..', '..', 'crds', 'multigridtrainingjob.yaml');

export async function examine(options: ExamineOptions): Promise<MachineFindings> {
  return {
    system: { platform, arch, node: version },
    processor: {
      model: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryMiB: Math.floor(totalmem() / MIB),
      instructionSets: await instructionSets(options),
    },
    onnxRuntime: await onnxRuntime(options),
    cuda: cuda(options),
    ffmpeg: await ffmpeg(),
    mpi: await mpi(options),
    nccl: nccl(options),
    cluster: await cluster(options),
  };
}

async function onnxRuntime({ libraryPath }: ExamineOptions): Promise<MachineFindings['onnxRuntime']> {
  try {
    const library = findLibrary(libraryPath);
    // Made and run: the library is there, is what it says, and computes.
    const engine = await createEngine({ libraryPath: library });
    engine.dispose();
    return { isFound: true, version: engine.version, library };
  } catch (error) {
    return { isFound: false, reason: messageOf(error) };
  }
}

function cuda({ libraryPath }: ExamineOptions): MachineFindings['cuda'] {
  try {
    const findings = probeCuda(findLibrary(libraryPath));
    const missing = missingForCuda(findings, 0);
    return missing === null ? { isFound: true, findings } : { isFound: false, reason: missing, findings };
  } catch (error) {
    return { isFound: false, reason: messageOf(error), findings: null };
  }
}

async function ffmpeg(): Promise<MachineFindings['ffmpeg']> {
  try {
    return { isFound: true, ...(await inspectDecoder()) };
  } catch (error) {
    return { isFound: false, reason: messageOf(error) };
  }
}

async function mpi({ mpich }: ExamineOptions): Promise<MachineFindings['mpi']> {
  try {
    return { isFound: true, ...(await checkMpi(mpich)) };
  } catch (error) {
    return { isFound: false, reason: messageOf(error) };
  }
}

function nccl({ nccl: setting }: ExamineOptions): MachineFindings['nccl'] {
  const found = findNccl(setting);
  return found.isFound
    ? { isFound: true, version: versionText(found.version), library: found.library }
    : { isFound: false, reason: found.reason };
}

async function cluster({ cluster: choice, readTextFile }: ExamineOptions): Promise<ClusterFindings | null> {
  if (!hasKubeconfig(choice)) {
    return null;
  }
  try {
    const crd: unknown = parse(await readTextFile(CRD_FILE));
    return await examineCluster(await connect(choice), { crd, nowMs: Date.now() });
  } catch (error) {
    return unreachable(messageOf(error));
  }
}

async function instructionSets({ readTextFile }: ExamineOptions): Promise<readonly string[] | null> {
  try {
    const text = await readTextFile('/proc/cpuinfo');
    const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/));
    return INSTRUCTION_SETS.filter((name) => flags.has(name));
  } catch {
    // Only Linux lists them there.
    return null;
  }
}
