/**
 * Which device an engine computes on, and how. In: the job's choice, as plain values. Out: the types that
 * `create-engine.ts` takes and the engine shows. `cuda/choose-device.ts` decides, `onnxruntime/cuda-provider.ts` hands
 * the options on.
 */

/** What a job may ask for: a GPU, the processor, or a GPU where there is one. */
export type ExecutionProviderChoice = 'auto' | 'cuda' | 'cpu';

/** How ONNX Runtime's CUDA execution provider is set up. */
export interface CudaOptions {
  /** Number of the GPU, as the driver counts those that it shows to this process. */
  readonly deviceId: number;
  /** Most memory that the provider's arena takes, MiB; null: all there is. */
  readonly memoryLimitMiB: number | null;
  /** How cuDNN picks an algorithm for every convolution: measure all, trust its model, or take the first. */
  readonly convolutionSearch: 'Exhaustive' | 'Heuristic' | 'Default';
  /** float32 products in TF32: three times as fast from Ampere on, 10 bits of mantissa. */
  readonly tf32: boolean;
  /** How the arena grows: by doubling, or by what is asked for. */
  readonly arenaGrowth: 'Doubling' | 'AsRequested';
}

/** The device an engine was made for. */
export type Device = { readonly kind: 'cpu' } | { readonly kind: 'cuda'; readonly options: CudaOptions };

export const CPU: Device = { kind: 'cpu' };
