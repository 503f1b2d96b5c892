/**
 * ONNX Runtime's CUDA execution provider as session options. In: `CudaOptions`. Out: session options whose nodes run on
 * the GPU, all of them: falling back to the processor is forbidden. Also what its memory is called. The first call loads
 * the provider's library and fails with what is missing.
 */
import type { CudaOptions } from '../device.ts';
import type { NativeApi } from './api.ts';
import { addressOf } from '../../native/c-library.ts';
import type { Address } from '../../native/c-library.ts';

/** Names of memories, as ONNX Runtime knows them. */
export const CUDA_MEMORY = 'Cuda';
export const PINNED_MEMORY = 'CudaPinned';

const SEARCH = { Exhaustive: 'EXHAUSTIVE', Heuristic: 'HEURISTIC', Default: 'DEFAULT' } as const;
const GROWTH = { Doubling: 'kNextPowerOfTwo', AsRequested: 'kSameAsRequested' } as const;

/** The provider's options by its own names, all as text. */
function cudaProviderOptions(options: CudaOptions, stream: Address): ReadonlyMap<string, string> {
  const { deviceId, memoryLimitMiB, convolutionSearch, tf32, arenaGrowth } = options;
  return new Map([
    ['device_id', String(deviceId)],
    ['cudnn_conv_algo_search', SEARCH[convolutionSearch]],
    ['cudnn_conv_use_max_workspace', '1'],
    ['use_tf32', tf32 ? '1' : '0'],
    ['arena_extend_strategy', GROWTH[arenaGrowth]],
    ['do_copy_in_default_stream', '1'],
    // The provider takes the stream only with both; without the first it computes on the device's default stream, and says nothing.
    ['has_user_compute_stream', '1'],
    ['user_compute_stream', String(stream)],
    ...(memoryLimitMiB === null ? [] : ([['gpu_mem_limit', String(memoryLimitMiB * 2 ** 20)]] as const)),
  ]);
}

/**
 * @param stream - that all sessions compute on, one after the other
 * @throws EngineError naming the library or driver that is missing.
 */
export function appendCudaProvider(
  api: NativeApi,
  sessionOptions: Address,
  options: CudaOptions,
  stream: Address,
): void {
  const provider = api.get('CreateCUDAProviderOptions');
  try {
    const entries = cudaProviderOptions(options, stream);
    const keys = textPointers([...entries.keys()]);
    const values = textPointers([...entries.values()]);
    api.holding([keys, values], () => {
      api.call('UpdateCUDAProviderOptions', provider, keys.pointers, values.pointers, entries.size);
    });
    api.call('SessionOptionsAppendExecutionProvider_CUDA_V2', sessionOptions, provider);
    // Every node has a CUDA kernel. One that had none would copy its values to the host and back in every step.
    api.call('AddSessionConfigEntry', sessionOptions, 'session.disable_cpu_ep_fallback', '1');
  } finally {
    api.release('ReleaseCUDAProviderOptions', provider);
  }
}

interface TextPointers {
  /** The zero-terminated texts, one after the other. */
  readonly texts: Uint8Array;
  /** Where each begins. */
  readonly pointers: BigUint64Array;
}

function textPointers(texts: readonly string[]): TextPointers {
  const bytes = Uint8Array.from(Buffer.from(texts.map((text) => `${text}\0`).join('')));
  const start = addressOf(bytes);
  let offset = 0;
  const pointers = BigUint64Array.from(texts, (text) => {
    const address = start + BigInt(offset);
    offset += Buffer.byteLength(text) + 1;
    return address;
  });
  return { texts: bytes, pointers };
}
