/**
 * The real engine, with a rule about what it refuses for want of memory: for what a limit cannot bring about at a chosen
 * moment. In: an engine. Out: one that asks the rule first and then does what it is asked.
 */
import { EngineError } from '../../trainer-image/engine/engine-error.ts';
import type {
  DeviceBlock,
  Engine,
  HostBlock,
  ParameterArena,
  ParameterSlot,
  Session,
  SessionOptions,
} from '../../trainer-image/engine/engine.ts';

export type Asked = 'session' | 'block' | 'hostBlock';

/** @param time - how often this was asked for since the rule was given, this time included. */
export type Refuses = (what: Asked, time: number) => boolean;

export class RefusingEngine implements Engine {
  readonly #engine: Engine;
  #refuses: Refuses = () => false;
  #times = { session: 0, block: 0, hostBlock: 0 };

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** From now on. */
  refuse(refuses: Refuses): void {
    this.#refuses = refuses;
    this.#times = { session: 0, block: 0, hostBlock: 0 };
  }

  get version(): string {
    return this.#engine.version;
  }

  get device(): Engine['device'] {
    return this.#engine.device;
  }

  async createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
    this.#ask('session');
    return this.#engine.createSession(model, options);
  }

  createArena(slots: readonly ParameterSlot[], lanes: number): ParameterArena {
    return this.#engine.createArena(slots, lanes);
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
