import { describe, expect, test } from '@jest/globals';
import type { Gpu } from './cuda/driver.ts';
import { missingForCuda, probeCuda } from './cuda/probe.ts';
import type { CudaFindings } from './cuda/probe.ts';
import type { CudaOptions } from './device.ts';
import { DeviceUnavailableError } from './engine-error.ts';
import { findLibrary } from './onnxruntime/library.ts';
import { gpuOfRank, openEngine } from './open-engine.ts';

const CUDA: CudaOptions = {
  // No machine has this many, so that the outcome is the same with and without GPUs.
  deviceId: 255,
  memoryLimitMiB: null,
  convolutionSearch: 'Heuristic',
  tf32: true,
  arenaGrowth: 'AsRequested',
};
const GPU: Gpu = { name: 'GPU', memoryMiB: 16384, computeCapability: '8.6', uuid: '0'.repeat(32) };
const WHOLE: CudaFindings = {
  provider: [{ library: '/there/libonnxruntime_providers_cuda.so', isFound: true }],
  needed: [{ library: 'libcudart.so.13', isFound: true }],
  driver: {
    kind: 'found',
    cudaVersion: '13.0',
    gpus: [GPU],
  },
};

test('ranks of one machine take a GPU each from the first of the job on, and share when there are fewer', () => {
  const gpus = Array.from({ length: 4 }, () => GPU);
  const driver = { kind: 'found', cudaVersion: '13.0', gpus } as const;
  expect([0, 1, 2, 3, 4, 5].map((rank) => gpuOfRank(2, rank, driver))).toEqual([2, 3, 0, 1, 2, 3]);
  expect(gpuOfRank(4, 1, driver)).toBe(4);
  expect(gpuOfRank(0, 1, { kind: 'missing', reason: 'no driver' })).toBe(0);
});

describe('an engine', () => {
  test('that was asked for on a GPU is never made on the processor', async () => {
    const asked = openEngine({ executionProvider: 'cuda', cuda: CUDA });
    await expect(asked).rejects.toThrow(DeviceUnavailableError);
    await expect(asked).rejects.toThrow(missingForCuda(probeCuda(findLibrary()), CUDA.deviceId)!);
  });

  test('left to choose says why it computes on the processor', async () => {
    const { engine, reason } = await openEngine({ executionProvider: 'auto', cuda: CUDA });
    expect(engine.device.kind).toBe('cpu');
    expect(reason).toBe(missingForCuda(probeCuda(findLibrary()), CUDA.deviceId));
    engine.dispose();
  });
});

describe('what is missing for CUDA', () => {
  test('is nothing when everything is there', () => {
    expect(missingForCuda(WHOLE, 0)).toBeNull();
  });

  test.each<[string, Partial<CudaFindings>, RegExp]>([
    [
      'the provider',
      { provider: [{ library: '/gone/libonnxruntime_providers_shared.so', isFound: false }] },
      /\/gone\/libonnxruntime_providers_shared\.so is missing: run `npm run install:cuda`/,
    ],
    ['the driver', { driver: { kind: 'missing', reason: 'no libcuda.so.1' } }, /no libcuda\.so\.1: install/],
    [
      'a library that the provider needs',
      { needed: [{ library: 'libcublasLt.so.13', isFound: false }] },
      /needs libcublasLt\.so\.13, .*LD_LIBRARY_PATH/,
    ],
  ])('names %s', (_, change, message) => {
    expect(missingForCuda({ ...WHOLE, ...change }, 0)).toMatch(message);
  });

  test('names a device that the driver does not show', () => {
    expect(missingForCuda(WHOLE, 1)).toMatch(/no GPU 1: the driver shows 1/);
  });
});
