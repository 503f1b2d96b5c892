/**
 * From what a job asks for to an engine. In: `auto`, `cuda` or `cpu`, and the CUDA options. Out: the engine, and in a
 * sentence why it computes where it does. Asked for CUDA, it never falls back to the processor. Called by the trainer;
 * benches call it too.
 */
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { createEngine } from './create-engine.ts';
import type { DriverFindings } from './cuda/driver.ts';
import { missingForCuda, probeCuda } from './cuda/probe.ts';
import type { CudaOptions, ExecutionProviderChoice } from './device.ts';
import { CPU } from './device.ts';
import { DeviceUnavailableError } from './engine-error.ts';
import type { Engine } from './engine.ts';
import { findLibrary } from './onnxruntime/library.ts';

export interface EngineRequest {
  readonly executionProvider: ExecutionProviderChoice;
  readonly cuda: CudaOptions;
  /** Which of the ranks on this machine asks, from 0; each takes a GPU of its own where there are as many. */
  readonly localRank?: number | undefined;
  /** As in `EngineOptions`. */
  readonly libraryPath?: string | undefined;
  /** As in `EngineOptions`. */
  readonly activationBytes?: number | undefined;
}

export interface OpenedEngine {
  readonly engine: Engine;
  /** Why this device, for the log. */
  readonly reason: string;
}

/**
 * @throws DeviceUnavailableError when CUDA was asked for and cannot be had; the message names what is missing.
 * @throws EngineError `library` when ONNX Runtime itself cannot be used.
 */
export async function openEngine({
  executionProvider,
  cuda,
  localRank = 0,
  libraryPath,
  activationBytes,
}: EngineRequest): Promise<OpenedEngine> {
  const library = {
    ...(libraryPath === undefined ? {} : { libraryPath }),
    ...(activationBytes === undefined ? {} : { activationBytes }),
  };
  if (executionProvider === 'cpu') {
    return { engine: await createEngine(library), reason: 'workers.executionProvider is cpu' };
  }
  try {
    return {
      engine: await createCudaEngine(cuda, localRank, library),
      reason: 'a GPU and its libraries were found',
    };
  } catch (error) {
    if (executionProvider === 'cuda' || !(error instanceof DeviceUnavailableError)) {
      throw error;
    }
    return { engine: await createEngine({ ...library, device: CPU }), reason: error.message };
  }
}

/**
 * From the job's first GPU on, one rank a GPU; ranks beyond the last GPU begin anew, and share. A first GPU that there is not stays
 * what it is, for the message.
 */
export function gpuOfRank(first: number, localRank: number, driver: DriverFindings): number {
  const gpus = driver.kind === 'found' ? driver.gpus.length : 0;
  return first < gpus ? (first + localRank) % gpus : first;
}

async function createCudaEngine(
  request: CudaOptions,
  localRank: number,
  library: { readonly libraryPath?: string },
): Promise<Engine> {
  const findings = probeCuda(findLibrary(library.libraryPath));
  const options = { ...request, deviceId: gpuOfRank(request.deviceId, localRank, findings.driver) };
  const missing = missingForCuda(findings, options.deviceId);
  if (missing !== null) {
    throw new DeviceUnavailableError(missing);
  }
  try {
    return await createEngine({ ...library, device: { kind: 'cuda', options } });
  } catch (cause) {
    const message = messageOf(cause);
    throw new DeviceUnavailableError(
      `ONNX Runtime's CUDA provider does not start: ${message}; \`multigrid doctor\` shows what was found`,
      { cause },
    );
  }
}
