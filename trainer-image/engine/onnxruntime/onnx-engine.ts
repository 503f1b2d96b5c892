/**
 * The engine over ONNX Runtime's C API. In: the library's path. Out: an `Engine`, its table of functions checked. Owns
 * the runtime's environment and knows every session made from it, so that nothing native outlives what it depends on.
 */
import { ComputeStream } from '../cuda/compute-stream.ts';
import { CPU, type Device } from '../device.ts';
import { EngineError } from '../engine-error.ts';
import type { DeviceBlock, Engine, HostBlock, Session, SessionOptions } from '../engine.ts';
import { NativeApi } from './api.ts';
import { CUDA_MEMORY, PINNED_MEMORY } from './cuda-provider.ts';
import { OnnxDeviceBlock, OnnxHostBlock, ordinaryMemory, runtimeMemory } from './device-memory.ts';
import type { Address } from '../../native/c-library.ts';
import { checkRun, checkTable, runSelfTest } from './self-test.ts';
import { giveFreedMemoryBack } from './c-heap.ts';
import { OnnxSession } from './session.ts';
import type { SessionGpu, SessionHost } from './session.ts';
import type { MemoryKinds } from './value.ts';

const SEVERITY_ERROR = 3;
/** OrtAllocatorType: `device` describes memory that is given, `arena` what the runtime manages itself. */
const ALLOCATOR = { device: 0, arena: 1 } as const;
const DEFAULT_MEMORY = 0;
/** OrtMemTypeCPUOutput: host memory for what a device reads and writes. */
const HOST_ACCESSIBLE_MEMORY = -1;
/** Leaves the size of an arena open. */
const NO_LIMIT = 0;
/** Leaves a size to the runtime. */
const RUNTIME_DEFAULT = -1;

export class OnnxEngine implements Engine {
  readonly version: string;
  readonly device: Device;
  readonly #host: SessionHost;
  readonly #memory: DeviceMemory;
  readonly #sessions = new Set<OnnxSession>();
  readonly #blocks = new Set<DeviceBlock | HostBlock>();
  #loading = 0;
  #isDisposed = false;

  private constructor(host: SessionHost, memory: DeviceMemory) {
    this.#host = host;
    this.#memory = memory;
    this.device = host.gpu === null ? CPU : { kind: 'cuda', options: host.gpu.options };
    this.version = host.api.version;
  }

  /**
   * @throws EngineError `library` when the library is missing, untested or not what it says, or another code when the
   * device's provider cannot be loaded.
   */
  static async create(libraryPath: string, device: Device, activationBytes?: number): Promise<OnnxEngine> {
    const api = NativeApi.load(libraryPath);
    const memory = describeMemory(api, device);
    let environment: Address | undefined;
    let gpu: SessionGpu | null = null;
    try {
      checkTable(api, memory.host);
      environment = api.get('CreateEnv', SEVERITY_ERROR, 'multigrid');
      shareArena(api, environment, activationBytes ?? NO_LIMIT);
      if (device.kind === 'cuda') {
        const { options } = device;
        gpu = { options, stream: ComputeStream.open(options.deviceId) };
      }
      const host = { api, environment, memory, gpu };
      return new OnnxEngine(host, openMemory(host, await checkRun(host)));
    } catch (error) {
      gpu?.stream.release();
      if (environment !== undefined) {
        api.release('ReleaseEnv', environment);
      }
      releaseMemory(api, memory);
      throw error;
    }
  }

  get computeStream(): ComputeStream | null {
    return this.#host.gpu?.stream ?? null;
  }

  async createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
    if (this.#isDisposed) {
      throw new EngineError('disposed', 'cannot create a session: the engine was disposed');
    }
    this.#loading += 1;
    try {
      const session = await OnnxSession.create(this.#host, model, options, (disposed) => {
        this.#sessions.delete(disposed);
      });
      this.#sessions.add(session);
      giveFreedMemoryBack();
      return session;
    } finally {
      this.#loading -= 1;
    }
  }

  allocate(byteLength: number): DeviceBlock {
    return this.#keep((onDispose) => {
      const memory =
        this.device.kind === 'cpu'
          ? ordinaryMemory(byteLength)
          : runtimeMemory(this.#host.api, this.#memory.allocator, { byteLength, isHost: false });
      return new OnnxDeviceBlock(byteLength, memory, onDispose);
    });
  }

  allocateHost(byteLength: number): HostBlock {
    return this.#keep((onDispose) => {
      const memory = runtimeMemory(this.#host.api, this.#memory.hostAllocator, {
        byteLength,
        isHost: true,
      });
      return new OnnxHostBlock(byteLength, memory, onDispose);
    });
  }

  async releaseIdleMemory(): Promise<void> {
    if (this.#isDisposed) {
      throw new EngineError('disposed', 'cannot give memory back: the engine was disposed');
    }
    if (this.device.kind === 'cuda') {
      // There every session has an arena of its own, which goes with it.
      giveFreedMemoryBack();
      return;
    }
    // Only a run can do it, and of its own arena: the smallest run there is, in the arena that all sessions share.
    await runSelfTest(this.#memory.session, (binding) => {
      binding.giveMemoryBack();
    });
    giveFreedMemoryBack();
  }

  dispose(): void {
    if (this.#isDisposed) {
      return;
    }
    const open = this.#sessions.size + this.#loading;
    if (open > 0) {
      throw new EngineError('busy', `cannot dispose the engine: ${open} of its sessions are not disposed`);
    }
    if (this.#blocks.size > 0) {
      throw new EngineError(
        'busy',
        `cannot dispose the engine: ${this.#blocks.size} of its blocks of memory are not disposed`,
      );
    }
    this.#isDisposed = true;
    const { api, environment, memory, gpu } = this.#host;
    api.release('ReleaseAllocator', this.#memory.allocator);
    api.release('ReleaseAllocator', this.#memory.hostAllocator);
    this.#memory.session.dispose();
    gpu?.stream.release();
    releaseMemory(api, memory);
    api.release('ReleaseEnv', environment);
  }

  #keep<Block extends DeviceBlock | HostBlock>(allocate: (onDispose: () => void) => Block): Block {
    if (this.#isDisposed) {
      throw new EngineError('disposed', 'cannot allocate memory: the engine was disposed');
    }
    const block = allocate(() => {
      this.#blocks.delete(block);
    });
    this.#blocks.add(block);
    return block;
  }
}

/** Where blocks come from: the allocators of a session that lives as long as the engine. */
interface DeviceMemory {
  readonly session: OnnxSession;
  readonly allocator: Address;
  readonly hostAllocator: Address;
}

function openMemory({ api, memory, gpu }: SessionHost, session: OnnxSession): DeviceMemory {
  const allocator = session.allocator(memory.device);
  if (gpu === null) {
    return { session, allocator, hostAllocator: session.allocator(memory.host) };
  }
  const { deviceId } = gpu.options;
  const pinned = api.get(
    'CreateMemoryInfo',
    PINNED_MEMORY,
    ALLOCATOR.device,
    deviceId,
    HOST_ACCESSIBLE_MEMORY,
  );
  try {
    return { session, allocator, hostAllocator: session.allocator(pinned) };
  } finally {
    api.release('ReleaseMemoryInfo', pinned);
  }
}

function describeMemory(api: NativeApi, device: Device): MemoryKinds {
  const host = api.get('CreateMemoryInfo', 'Cpu', ALLOCATOR.device, 0, DEFAULT_MEMORY);
  if (device.kind === 'cpu') {
    return { host, device: host };
  }
  const { deviceId } = device.options;
  return {
    host,
    device: api.get('CreateMemoryInfo', CUDA_MEMORY, ALLOCATOR.device, deviceId, DEFAULT_MEMORY),
  };
}

function releaseMemory(api: NativeApi, { host, device }: MemoryKinds): void {
  for (const memory of new Set([host, device])) {
    api.release('ReleaseMemoryInfo', memory);
  }
}

/**
 * One arena for the activations of all sessions: phases and the short cycle alternate between shapes, and sessions that
 * each kept an arena would hold the sum of their peaks (measured: 1.4 GB for eight shapes, against 0.5).
 */
function shareArena(api: NativeApi, environment: Address, limitBytes: number): void {
  const memoryInfo = api.get('CreateMemoryInfo', 'Cpu', ALLOCATOR.arena, 0, DEFAULT_MEMORY);
  const config = api.get('CreateArenaCfg', limitBytes, RUNTIME_DEFAULT, RUNTIME_DEFAULT, RUNTIME_DEFAULT);
  try {
    api.call('CreateAndRegisterAllocator', environment, memoryInfo, config);
  } finally {
    api.release('ReleaseArenaCfg', config);
    api.release('ReleaseMemoryInfo', memoryInfo);
  }
}
