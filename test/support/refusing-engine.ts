/**
 * The real engine, with a rule about what it refuses for want of memory: for what a limit cannot bring about at a chosen
 * moment. In: an engine. Out: one that asks the rule first and then does what it is asked.
 */
import type { CudaOptions, Device } from '../../trainer-image/engine/device.ts';
import { EngineError } from '../../trainer-image/engine/engine-error.ts';
import type {
  DeviceBlock,
  Engine,
  HostBlock,
  Session,
  SessionOptions,
} from '../../trainer-image/engine/engine.ts';

const GPU: CudaOptions = {
  deviceId: 0,
  memoryLimitMiB: null,
  convolutionSearch: 'Default',
  tf32: false,
  arenaGrowth: 'AsRequested',
};

export type Asked = 'session' | 'block' | 'hostBlock';

/** @param time - how often this was asked for since the rule was given, this time included. */
export type Refuses = (what: Asked, time: number) => boolean;

export class RefusingEngine implements Engine {
  readonly device: Device;
  readonly computeStream: Engine['computeStream'];
  readonly #engine: Engine;
  #refuses: Refuses = () => false;
  #times = { session: 0, block: 0, hostBlock: 0 };

  /**
   * @param looksLikeGpu - says that its device is a GPU: memory is asked for as there, and is the processor's.
   * @param computeStream - whose GPU it looks like; the first one without.
   */
  constructor(
    engine: Engine,
    {
      looksLikeGpu = false,
      computeStream = null,
    }: { readonly looksLikeGpu?: boolean; readonly computeStream?: Engine['computeStream'] } = {},
  ) {
    this.#engine = engine;
    this.computeStream = computeStream;
    const options = { ...GPU, deviceId: computeStream?.deviceId ?? GPU.deviceId };
    this.device = looksLikeGpu ? { kind: 'cuda', options } : engine.device;
  }

  /** From now on. */
  refuse(refuses: Refuses): void {
    this.#refuses = refuses;
    this.#times = { session: 0, block: 0, hostBlock: 0 };
  }

  get version(): string {
    return this.#engine.version;
  }

  async createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
    this.#ask('session');
    return this.#engine.createSession(model, options);
  }

  allocate(byteLength: number): DeviceBlock {
    this.#ask('block');
    return this.#engine.allocate(byteLength);
  }

  allocateHost(byteLength: number): HostBlock {
    this.#ask('hostBlock');
    return this.#engine.allocateHost(byteLength);
  }

  async releaseIdleMemory(): Promise<void> {
    await this.#engine.releaseIdleMemory();
  }

  dispose(): void {
    this.#engine.dispose();
  }

  #ask(what: Asked): void {
    this.#times[what] += 1;
    if (this.#refuses(what, this.#times[what])) {
      throw new EngineError('out-of-memory', `no room for ${what} ${this.#times[what]}`);
    }
  }
}
