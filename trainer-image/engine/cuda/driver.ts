/**
 * What the NVIDIA driver says: its version and the GPUs it shows to this process, through libcuda's own functions. In:
 * nothing. Out: `DriverFindings`. A machine without one is an answer, not an error.
 */
import { platform } from 'node:process';
import { openLibrary } from '../../native/c-library.ts';
import type { NativeFunction, OpenLibrary } from '../../native/c-library.ts';

export interface Gpu {
  readonly name: string;
  readonly memoryMiB: number;
  /** E.g. `8.6`. */
  readonly computeCapability: string;
  /** Of this GPU alone in the world (or of a part of one that is shared out), 32 hexadecimal digits. */
  readonly uuid: string;
}

export type DriverFindings =
  | { readonly kind: 'found'; readonly cudaVersion: string; readonly gpus: readonly Gpu[] }
  /** `reason` says which library is missing or what the driver answered. */
  | { readonly kind: 'missing'; readonly reason: string };

export const DRIVER_LIBRARY = platform === 'win32' ? 'nvcuda.dll' : 'libcuda.so.1';
const NAME_BYTES = 256;
const UUID_BYTES = 16;
/** CUdevice_attribute: compute capability, major and minor. */
const CAPABILITY = { major: 75, minor: 76 } as const;

export function askDriver(): DriverFindings {
  const library = openLibrary(DRIVER_LIBRARY);
  if (typeof library === 'string') {
    return { kind: 'missing', reason: `the NVIDIA driver's ${DRIVER_LIBRARY} was not found` };
  }
  try {
    return describe(new Driver(library));
  } catch (error) {
    // Some other library of that name.
    return { kind: 'missing', reason: `${DRIVER_LIBRARY} is not an NVIDIA driver: ${String(error)}` };
  }
}

function describe(driver: Driver): DriverFindings {
  const code = driver.start();
  if (code !== 0) {
    return {
      kind: 'missing',
      reason: `${DRIVER_LIBRARY} was found, but cuInit returned ${code}: no working GPU`,
    };
  }
  const gpus = Array.from({ length: driver.count() }, (_, device) => driver.describe(device));
  return { kind: 'found', cudaVersion: driver.version(), gpus };
}

class Driver {
  readonly #library: OpenLibrary;

  constructor(library: OpenLibrary) {
    this.#library = library;
  }

  start(): number {
    return Number(this.#function('cuInit', ['uint32_t'])(0));
  }

  /** The newest CUDA that the driver can run, e.g. `13.0`. */
  version(): string {
    const out = new Int32Array(1);
    this.#function('cuDriverGetVersion', ['void *'])(out);
    return `${Math.floor(out[0]! / 1000)}.${Math.floor((out[0]! % 1000) / 10)}`;
  }

  count(): number {
    const out = new Int32Array(1);
    this.#function('cuDeviceGetCount', ['void *'])(out);
    return out[0]!;
  }

  describe(device: number): Gpu {
    const name = new Uint8Array(NAME_BYTES);
    this.#function('cuDeviceGetName', ['void *', 'int', 'int'])(name, NAME_BYTES, device);
    const bytes = new BigUint64Array(1);
    this.#function('cuDeviceTotalMem_v2', ['void *', 'int'])(bytes, device);
    const attribute = (code: number): number => {
      const out = new Int32Array(1);
      this.#function('cuDeviceGetAttribute', ['void *', 'int', 'int'])(out, code, device);
      return out[0]!;
    };
    const uuid = new Uint8Array(UUID_BYTES);
    this.#function('cuDeviceGetUuid_v2', ['void *', 'int'])(uuid, device);
    return {
      uuid: Buffer.from(uuid).toString('hex'),
      name: new TextDecoder().decode(name.subarray(0, name.indexOf(0))),
      memoryMiB: Number(bytes[0]! / 2n ** 20n),
      computeCapability: `${attribute(CAPABILITY.major)}.${attribute(CAPABILITY.minor)}`,
    };
  }

  #function(name: string, args: readonly string[]): NativeFunction {
    return this.#library.function(name, 'int', args);
  }
}
