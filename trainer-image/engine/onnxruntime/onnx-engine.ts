/**
 * The engine over ONNX Runtime's C API. In: the library's path. Out: an `Engine`, its table of functions checked. Made
 * by `create-engine.ts`; owns the runtime's environment and knows every session made from it, so that nothing native
 * outlives what it depends on.
 */
import { createArena } from '../arena.ts';
import { EngineError } from '../engine-error.ts';
import type { Engine, ParameterArena, ParameterSlot, Session, SessionOptions } from '../engine.ts';
import { NativeApi } from './api.ts';
import type { Address } from './native-functions.ts';
import { checkRun, checkTable } from './self-test.ts';
import { OnnxSession } from './session.ts';
import type { SessionHost } from './session.ts';

const SEVERITY_ERROR = 3;
/** OrtAllocatorType: `device` describes memory that is given, `arena` what the runtime manages itself. */
const ALLOCATOR = { device: 0, arena: 1 } as const;
const DEFAULT_MEMORY = 0;
/** Leaves a size to the runtime. */
const RUNTIME_DEFAULT = -1;

export class OnnxEngine implements Engine {
  readonly version: string;
  readonly #host: SessionHost;
  readonly #sessions = new Set<OnnxSession>();
  #loading = 0;
  #isDisposed = false;

  private constructor(host: SessionHost) {
    this.#host = host;
    this.version = host.api.version;
  }

  /** @throws EngineError `library` when the library is missing, untested or not what it says. */
  static async create(libraryPath: string): Promise<OnnxEngine> {
    const api = NativeApi.load(libraryPath);
    const memoryInfo = api.get('CreateMemoryInfo', 'Cpu', ALLOCATOR.device, 0, DEFAULT_MEMORY);
    let environment: Address | undefined;
    try {
      checkTable(api, memoryInfo);
      environment = api.get('CreateEnv', SEVERITY_ERROR, 'multigrid');
      shareArena(api, environment);
      const host = { api, environment, memoryInfo };
      await checkRun(host);
      return new OnnxEngine(host);
    } catch (error) {
      if (environment !== undefined) {
        api.release('ReleaseEnv', environment);
      }
      api.release('ReleaseMemoryInfo', memoryInfo);
      throw error;
    }
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
      return session;
    } finally {
      this.#loading -= 1;
    }
  }

  createArena(slots: readonly ParameterSlot[], lanes: number): ParameterArena {
    return createArena(slots, lanes);
  }

  dispose(): void {
    if (this.#isDisposed) {
      return;
    }
    const open = this.#sessions.size + this.#loading;
    if (open > 0) {
      throw new EngineError('busy', `cannot dispose the engine: ${open} of its sessions are not disposed`);
    }
    this.#isDisposed = true;
    this.#host.api.release('ReleaseMemoryInfo', this.#host.memoryInfo);
    this.#host.api.release('ReleaseEnv', this.#host.environment);
  }
}

/**
 * One arena for the activations of all sessions: phases and the short cycle alternate between shapes, and sessions that
 * each kept an arena would hold the sum of their peaks (measured: 1.4 GB for eight shapes, against 0.5).
 */
function shareArena(api: NativeApi, environment: Address): void {
  const memoryInfo = api.get('CreateMemoryInfo', 'Cpu', ALLOCATOR.arena, 0, DEFAULT_MEMORY);
  const config = api.get('CreateArenaCfg', 0, RUNTIME_DEFAULT, RUNTIME_DEFAULT, RUNTIME_DEFAULT);
  try {
    api.call('CreateAndRegisterAllocator', environment, memoryInfo, config);
  } finally {
    api.release('ReleaseArenaCfg', config);
    api.release('ReleaseMemoryInfo', memoryInfo);
  }
}
