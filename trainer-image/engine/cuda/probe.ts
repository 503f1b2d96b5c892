/**
 * What of CUDA is on this machine: ONNX Runtime's provider files, the libraries they need, the driver and its GPUs. In:
 * where ONNX Runtime's library is. Out: `CudaFindings`, and in one sentence what is missing. `open-engine.ts` decides by
 * it, `multigrid doctor` shows it.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { platform } from 'node:process';
import { openLibrary } from '../../native/c-library.ts';
import { askDriver } from './driver.ts';
import type { DriverFindings } from './driver.ts';
import { neededLibraries } from './needed-libraries.ts';
import type { LibraryFinding } from './needed-libraries.ts';

export interface CudaFindings {
  /** ONNX Runtime's own files; they belong beside its main library. */
  readonly provider: readonly LibraryFinding[];
  /** What the provider needs of CUDA and cuDNN; empty while the provider is not there. */
  readonly needed: readonly LibraryFinding[];
  readonly driver: DriverFindings;
}

const PROVIDER_FILES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'],
  win32: ['onnxruntime_providers_shared.dll', 'onnxruntime_providers_cuda.dll'],
};

/** Loaded by the provider only when a convolution runs, so no list of needs names it. */
const CUDNN = 'libcudnn.so.9';

/** @param libraryPath - ONNX Runtime's main library. */
export function probeCuda(libraryPath: string): CudaFindings {
  const folder = dirname(libraryPath);
  const provider = (PROVIDER_FILES[platform] ?? []).map((name) => {
    const library = join(folder, name);
    return { library, isFound: existsSync(library) };
  });
  const main = provider.at(-1);
  const needed = main?.isFound === true ? neededOfCuda(main.library) : [];
  return { provider, needed, driver: askDriver() };
}

function neededOfCuda(provider: string): readonly LibraryFinding[] {
  const listed = neededLibraries(provider).filter(({ library }) => /^lib(cu|nv)/.test(library));
  return listed.some(({ library }) => library === CUDNN)
    ? listed
    : [...listed, { library: CUDNN, isFound: typeof openLibrary(CUDNN) !== 'string' }];
}

/** What stands in the way of computing on a GPU and what to do about it; null when nothing does. */
export function missingForCuda(findings: CudaFindings, deviceId: number): string | null {
  const { provider, needed, driver } = findings;
  if (provider.length === 0) {
    return `ONNX Runtime has no CUDA provider for ${platform}; set workers.executionProvider to cpu`;
  }
  const file = provider.find(({ isFound }) => !isFound);
  if (file !== undefined) {
    return (
      `ONNX Runtime's CUDA provider is not installed, ${file.library} is missing: run \`npm run install:cuda\`, ` +
      'or take the CUDA image of the trainer'
    );
  }
  if (driver.kind === 'missing') {
    return `${driver.reason}: install the NVIDIA driver, or start the container with its GPUs`;
  }
  const library = needed.find(({ isFound }) => !isFound);
  if (library !== undefined) {
    return (
      `the CUDA provider needs ${library.library}, which the system's loader does not find: install CUDA and cuDNN 9 ` +
      'of that version, or name their folders in LD_LIBRARY_PATH'
    );
  }
  if (deviceId >= driver.gpus.length) {
    return `there is no GPU ${deviceId}: the driver shows ${driver.gpus.length} to this process; correct workers.cuda.deviceId`;
  }
  return null;
}
