/**
 * From what a job asks for to an engine. In: `auto`, `cuda` or `cpu`, and the CUDA options. Out: the engine, and in a
 * sentence why it computes where it does. Asked for CUDA, it never falls back to the processor. Called by the trainer;
 * benches call it too.
 */
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { createEngine } from './create-engine.ts';
import { missingForCuda, probeCuda } from './cuda/probe.ts';
import type { CudaOptions, ExecutionProviderChoice } from './device.ts';
import { CPU } from './device.ts';
import { DeviceUnavailableError } from './engine-error.ts';
import type { Engine } from './engine.ts';
import { findLibrary } from './onnxruntime/library.ts';

export interface EngineRequest {
  readonly executionProvider: ExecutionProviderChoice;
  readonly cuda: CudaOptions;
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
    return { engine: await createCudaEngine(cuda, library), reason: 'a GPU and its libraries were found' };
  } catch (error) {
    if (executionProvider === 'cuda' || !(error instanceof DeviceUnavailableError)) {
      throw error;
    }
    return { engine: await createEngine({ ...library, device: CPU }), reason: error.message };
  }
}

async function createCudaEngine(
  options: CudaOptions,
  library: { readonly libraryPath?: string },
): Promise<Engine> {
  const missing = missingForCuda(probeCuda(findLibrary(library.libraryPath)), options.deviceId);
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
