/**
 * One model, parsed and planned by ONNX Runtime. In: ONNX bytes and options. Out: a `Session` that makes bindings. The
 * model is prepared on a thread of libuv's pool, so a phase's next session can be made while the present one trains.
 */
import { EngineError } from '../engine-error.ts';
import type { ComputeStream } from '../cuda/compute-stream.ts';
import type { CudaOptions } from '../device.ts';
import type { Bindable, Session, SessionOptions } from '../engine.ts';
import type { NativeApi } from './api.ts';
import { addressOf } from '../../native/c-library.ts';
import type { Address } from '../../native/c-library.ts';
import { OnnxBinding } from './binding.ts';
import type { BoundSession } from './binding.ts';
import { type ExchangeOperators, openExchangeOperators } from './exchange-operators.ts';
import { readPorts } from './signature.ts';
import { tensorTypeOf } from './element-types.ts';
import type { MemoryKinds } from './value.ts';
import { appendCudaProvider } from './cuda-provider.ts';

/** What a session needs of its engine. */
export interface SessionHost {
  readonly api: NativeApi;
  readonly environment: Address;
  readonly memory: MemoryKinds;
  /** Null: the processor computes. */
  readonly gpu: SessionGpu | null;
}

export interface SessionGpu {
  readonly options: CudaOptions;
  readonly stream: ComputeStream;
}

/**
 * ORT_ENABLE_BASIC. Measured on training graphs: all levels run alike within 3 %, `all` takes 40 % longer to load (0.19
 * against 0.13 s for a small SlowFast), and `none` leaves identities and constant shapes in.
 */
const OPTIMIZATION_LEVEL_BASIC = 1;

/**
 * How long an idle thread of a run waits for work by turning in circles before it sleeps: enough to bridge the small
 * operators that only one thread works on. Measured with two threads on two cores, 104 ms a step against 127 without
 * turning and 110 with the runtime's own, longer wait, which also doubles the step as soon as others want the cores.
 */
const SPIN_MICROSECONDS = '50';

/**
 * It moves transposes past reshapes and slices, for layouts that our graphs do not have, and makes slow general ones of
 * fast ones: 3 % of a step.
 */
const DISABLED_OPTIMIZERS = 'TransposeOptimizer';

/** Failures reach us as `EngineError`s; printed lines beside them would tear the progress display. */
const SEVERITY_FATAL = 4;

export class OnnxSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #bound: BoundSession;
  readonly #onDispose: (session: OnnxSession) => void;
  readonly #bindings = new Set<OnnxBinding>();
  readonly #exchanges: ExchangeOperators | null;
  #isDisposed = false;

  private constructor(
    bound: BoundSession,
    exchanges: ExchangeOperators | null,
    onDispose: (session: OnnxSession) => void,
  ) {
    this.#bound = bound;
    this.#exchanges = exchanges;
    this.#onDispose = onDispose;
    this.inputNames = [...bound.inputs.keys()];
    this.outputNames = [...bound.outputs.keys()];
  }

  /** @throws EngineError when ONNX Runtime refuses the model (`invalid-protobuf`, `invalid-graph`, ...). */
  static async create(
    host: SessionHost,
    model: Uint8Array,
    options: SessionOptions,
    onDispose: (session: OnnxSession) => void,
  ): Promise<OnnxSession> {
    const { api, memory } = host;
    const exchanges = exchangesOf(host, options);
    let handle: Address | undefined;
    try {
      handle = await loadModel(host, model, options, exchanges);
      const inputs = readPorts(api, handle, 'input', tensorTypeOf);
      const outputs = readPorts(api, handle, 'output', tensorTypeOf);
      return new OnnxSession({ api, handle, memory, inputs, outputs }, exchanges, onDispose);
    } catch (error) {
      if (handle !== undefined) {
        api.release('ReleaseSession', handle);
      }
      exchanges?.release();
      throw error;
    }
  }

  bind(inputs: ReadonlyMap<string, Bindable>, outputs: ReadonlyMap<string, Bindable>): OnnxBinding {
    if (this.#isDisposed) {
      throw new EngineError('disposed', 'cannot bind memory to a session that was disposed');
    }
    const binding = OnnxBinding.create(this.#bound, inputs, outputs, (disposed) => {
      this.#bindings.delete(disposed);
    });
    this.#bindings.add(binding);
    return binding;
  }

  /** An allocator of the session's device; it lives as long as the session. */
  allocator(memoryInfo: Address): Address {
    return this.#bound.api.get('CreateAllocator', this.#bound.handle, memoryInfo);
  }

  dispose(): void {
    if (this.#isDisposed) {
      return;
    }
    if ([...this.#bindings].some((binding) => binding.isRunning)) {
      throw new EngineError('busy', 'cannot dispose a session while a run of it is pending: await it first');
    }
    this.#isDisposed = true;
    this.#bindings.forEach((binding) => {
      binding.dispose();
    });
    this.#bound.api.release('ReleaseSession', this.#bound.handle);
    this.#exchanges?.release();
    this.#onDispose(this);
  }
}

/** @throws EngineError `not-implemented` where exchanges are wanted of a GPU. */
function exchangesOf({ api, gpu }: SessionHost, { signals }: SessionOptions): ExchangeOperators | null {
  if (signals !== undefined && gpu !== null) {
    throw new EngineError(
      'not-implemented',
      'batch-norm groups that span workers are not built for GPUs: set recipe.batchNorm.acrossWorkers to Never, or use at most ' +
        'as many workers as a batch has groups',
    );
  }
  return signals === undefined ? null : openExchangeOperators(api, signals);
}

async function loadModel(
  { api, environment, gpu }: SessionHost,
  model: Uint8Array,
  options: SessionOptions,
  exchanges: ExchangeOperators | null,
): Promise<Address> {
  const out = new BigUint64Array(1);
  const native = createOptions(api, options, gpu);
  try {
    if (exchanges !== null) {
      api.call('AddCustomOpDomain', native, exchanges.domain);
    }
    await api.callAsync(
      'CreateSessionFromArray',
      [model, out],
      environment,
      addressOf(model),
      model.byteLength,
      native,
      addressOf(out),
    );
  } finally {
    api.release('ReleaseSessionOptions', native);
  }
  return out[0]!;
}

function createOptions(api: NativeApi, { threads }: SessionOptions, gpu: SessionGpu | null): Address {
  const native = api.get('CreateSessionOptions');
  try {
    api.call('SetSessionLogSeverityLevel', native, SEVERITY_FATAL);
    api.call('SetSessionGraphOptimizationLevel', native, OPTIMIZATION_LEVEL_BASIC);
    api.call('SetIntraOpNumThreads', native, threads);
    api.call('SetInterOpNumThreads', native, 1);
    // One block planned for all activations: same speed, a third more memory, twice as much with concurrent runs.
    api.call('DisableMemPattern', native);
    api.call(
      'AddSessionConfigEntry',
      native,
      'optimization.disable_specified_optimizers',
      DISABLED_OPTIMIZERS,
    );
    api.call('AddSessionConfigEntry', native, 'session.use_env_allocators', '1');
    api.call('AddSessionConfigEntry', native, 'session.intra_op.allow_spinning', '1');
    api.call('AddSessionConfigEntry', native, 'session.intra_op.spin_duration_us', SPIN_MICROSECONDS);
    if (gpu !== null) {
      appendCudaProvider(api, native, gpu.options, gpu.stream.address);
    }
    return native;
  } catch (error) {
    api.release('ReleaseSessionOptions', native);
    throw error;
  }
}
