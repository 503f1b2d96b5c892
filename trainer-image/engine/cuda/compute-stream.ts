/**
 * The stream of a GPU on which all sessions of an engine compute, and others may add work that follows theirs. In: a device. Out:
 * the stream's address, whether it has come to its end, and the device made that of the calling thread. By the driver's own
 * functions: ONNX Runtime and NCCL bring runtimes of CUDA of their own, and all of them take what the driver made.
 */
import {
  type Address,
  functionsOf,
  type NativeArgument,
  type NativeFunction,
  openLibrary,
  type OpenLibrary,
} from '../../native/c-library.ts';
import { EngineError } from '../engine-error.ts';
import { DRIVER_LIBRARY } from './driver.ts';

const POINTER = 'void *';
const HANDLE = 'uintptr_t';

/** All answer with a CUresult. */
const SIGNATURES = {
  cuInit: ['int', ['uint32_t']],
  cuDeviceGet: ['int', [POINTER, 'int']],
  cuDevicePrimaryCtxRetain: ['int', [POINTER, 'int']],
  cuDevicePrimaryCtxRelease_v2: ['int', ['int']],
  cuCtxSetCurrent: ['int', [HANDLE]],
  cuStreamCreate: ['int', [POINTER, 'uint32_t']],
  cuStreamQuery: ['int', [HANDLE]],
  cuStreamDestroy_v2: ['int', [HANDLE]],
} as const;

type FunctionName = keyof typeof SIGNATURES;

/** CU_STREAM_NON_BLOCKING: it does not wait for the device's default stream. */
const NON_BLOCKING = 1;
/** CUresult */
const [SUCCESS, NOT_READY] = [0, 600];

export class ComputeStream {
  readonly deviceId: number;
  /** As a `cudaStream_t`. */
  readonly address: Address;
  readonly #driver: StreamDriver;
  readonly #device: number;
  readonly #context: Address;
  #users = 1;

  private constructor(
    driver: StreamDriver,
    {
      deviceId,
      device,
      context,
    }: { readonly deviceId: number; readonly device: number; readonly context: Address },
  ) {
    this.#driver = driver;
    this.deviceId = deviceId;
    this.#device = device;
    this.#context = context;
    this.makeCurrent();
    this.address = driver.pointer('cuStreamCreate', NON_BLOCKING);
  }

  /** @throws EngineError `library` or `fail` without a driver, or when the device cannot be had. */
  static open(deviceId: number): ComputeStream {
    const library = openLibrary(DRIVER_LIBRARY);
    if (typeof library === 'string') {
      throw new EngineError('library', `the NVIDIA driver's ${DRIVER_LIBRARY} cannot be loaded: ${library}`);
    }
    const driver = new StreamDriver(library);
    driver.call('cuInit', 0);
    const device = Number(driver.pointer('cuDeviceGet', deviceId));
    const context = driver.pointer('cuDevicePrimaryCtxRetain', device);
    try {
      return new ComputeStream(driver, { deviceId, device, context });
    } catch (error) {
      driver.call('cuDevicePrimaryCtxRelease_v2', device);
      throw error;
    }
  }

  /** The calling thread now works with this device. */
  makeCurrent(): void {
    this.#driver.call('cuCtxSetCurrent', this.#context);
  }

  /** Whether everything on the stream is done. @throws EngineError `fail` when some of it failed. */
  isIdle(): boolean {
    return this.#driver.answer('cuStreamQuery', [NOT_READY], this.address) === SUCCESS;
  }

  /** For whoever works on it on their own: it lives until all have released it. */
  retain(): void {
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users > 0) {
      return;
    }
    this.#driver.call('cuStreamDestroy_v2', this.address);
    this.#driver.call('cuDevicePrimaryCtxRelease_v2', this.#device);
  }
}

/** Functions of the driver that answer with a code. */
class StreamDriver {
  readonly #function: (name: FunctionName) => NativeFunction;

  constructor(library: OpenLibrary) {
    this.#function = functionsOf(library, SIGNATURES);
  }

  /** A function whose first argument is where it puts a pointer or a number. */
  pointer(name: FunctionName, argument: number): Address {
    const out = new BigUint64Array(1);
    this.call(name, out, argument);
    return out[0]!;
  }

  call(name: FunctionName, ...args: readonly NativeArgument[]): void {
    this.answer(name, [], ...args);
  }

  /** @throws EngineError `fail` for a code that is neither success nor one of `others`. */
  answer(name: FunctionName, others: readonly number[], ...args: readonly NativeArgument[]): number {
    const code = Number(this.#function(name)(...args));
    if (code !== SUCCESS && !others.includes(code)) {
      throw new EngineError('fail', `${name} of the NVIDIA driver returned ${code}: see \`nvidia-smi\``);
    }
    return code;
  }
}
