/**
 * The engine as the rest of the trainer sees it: sessions over ONNX models whose inputs and outputs are bound to typed
 * arrays, run without blocking the event loop. `onnxruntime/` implements it with ONNX Runtime's C API; the trainer's
 * step, the evaluator and the exporter call it. Outside this folder addresses and native handles are known only where ranks add
 * up what lies on their devices.
 */
import type { Semaphores } from '../native/semaphores.ts';
import type { ComputeStream } from './cuda/compute-stream.ts';
import type { Device } from './device.ts';

export type TensorType = 'float32' | 'float16' | 'uint8' | 'int32' | 'int64' | 'bool';

export type TensorData = Float32Array | Uint16Array | Uint8Array | Int32Array | BigInt64Array;

/** A named place in memory with a shape; the engine reads or writes `data` in place. */
export interface Tensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  /** Length = product of `dims`. float16 is carried as Uint16Array. */
  readonly data: TensorData;
}

/** A tensor in the memory of the device, opaque: sessions read and write it, a copying session brings it to the host. */
export interface DeviceTensor {
  readonly kind: 'device';
  readonly type: TensorType;
  readonly dims: readonly number[];
}

/** What an input or output can be tied to. */
export type Bindable = Tensor | DeviceTensor;

/** Memory of the device that stays between runs. On the processor this is ordinary memory. */
export interface DeviceBlock {
  readonly byteLength: number;
  /**
   * A part of the block as a tensor, no copy.
   *
   * @param offsetBytes From the start of the block; a multiple of 256, as the device's own allocator aligns.
   * @throws EngineError when the tensor leaves the block.
   */
  tensor(type: TensorType, dims: readonly number[], offsetBytes: number): DeviceTensor;
  /** @throws EngineError `busy` while a binding uses the block. */
  dispose(): void;
}

/** Host memory that the device reads without a detour; ordinary memory on the processor. */
export interface HostBlock {
  /** Must not be touched after `dispose`. */
  readonly data: Uint8Array<ArrayBuffer>;
  dispose(): void;
}

export interface SessionOptions {
  /** Threads inside one run, from 1. */
  readonly threads: number;
  /**
   * For a model with exchanges (`graph/exchange.ts`), one run at a time, on the processor: 2 i is posted when the run has given the
   * numbers of exchange i, and the run waits for 2 i + 1 before it takes what came of them.
   */
  readonly signals?: Semaphores;
}

/** One model, ready to run. Several bindings of one session may run at the same time. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Ties every input and every output to memory.
   *
   * @throws EngineError when a name is missing or unknown, or a size does not fit.
   */
  bind(inputs: ReadonlyMap<string, Bindable>, outputs: ReadonlyMap<string, Bindable>): Binding;
  /** Releases the session and its bindings. @throws EngineError while a run is pending. */
  dispose(): void;
}

/** A session with its memory. One run at a time. */
export interface Binding {
  /**
   * Reads the inputs, writes the outputs. On the processor inputs are read as they are now; a GPU reads host memory as
   * it was when it was bound, so what changes between runs is bound again before each. Aborting ends the run within milliseconds and rejects with
   * the signal's reason; the outputs are then undefined, and the binding can run again.
   *
   * @throws EngineError `busy` while a run of this binding is pending.
   */
  run(signal?: AbortSignal): Promise<void>;
  /**
   * Ties one input to other memory of the same type, or to the same memory with new contents (and, for a dynamic model, possibly another shape).
   *
   * @throws EngineError while a run is pending, or when the tensor does not fit.
   */
  rebindInput(name: string, tensor: Bindable): void;
  /** @throws EngineError while a run is pending. */
  dispose(): void;
}

export interface Engine {
  /** Version of the library underneath, e.g. `1.30.0`. */
  readonly version: string;
  readonly device: Device;
  /** What all runs on a GPU are queued on, one after the other; null on the processor. */
  readonly computeStream: ComputeStream | null;
  /**
   * Parses and prepares a model off the event loop; the bytes are free again when the promise settles.
   *
   * @throws EngineError when ONNX Runtime refuses the model.
   */
  createSession(model: Uint8Array, options: SessionOptions): Promise<Session>;
  /**
   * Memory that no limit for activations counts.
   *
   * @throws EngineError when the device has not that much memory left.
   */
  allocate(byteLength: number): DeviceBlock;
  /** Host memory for what goes to the device in every step. @throws EngineError when there is not enough. */
  allocateHost(byteLength: number): HostBlock;
  /**
   * Gives activation memory that no run uses back to the system. Runs take it anew, which costs them time: for when the
   * shapes change, or when memory is short and may be in pieces.
   */
  releaseIdleMemory(): Promise<void>;
  /** Ends the engine. @throws EngineError unless every session and block has been disposed. */
  dispose(): void;
}
