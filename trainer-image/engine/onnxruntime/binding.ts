/**
 * A session with its memory. In: a session's handle and the tensors to tie to its inputs and outputs. Out: a `Binding`
 * whose runs happen on a thread of libuv's pool and read and write those tensors in place. The trainer has one per lane.
 */
import { EngineError } from '../engine-error.ts';
import type { Bindable, Binding } from '../engine.ts';
import type { NativeApi } from './api.ts';
import type { Address } from '../../native/c-library.ts';
import { checkComplete, checkFits } from './signature.ts';
import type { Port, Side } from './signature.ts';
import { NativeValue } from './value.ts';
import type { MemoryKinds } from './value.ts';

/** What a binding needs of its session. */
export interface BoundSession {
  readonly api: NativeApi;
  readonly handle: Address;
  readonly memory: MemoryKinds;
  readonly inputs: ReadonlyMap<string, Port>;
  readonly outputs: ReadonlyMap<string, Port>;
}

const BIND = { input: 'BindInput', output: 'BindOutput' } as const;

export class OnnxBinding implements Binding {
  readonly #session: BoundSession;
  readonly #onDispose: (binding: OnnxBinding) => void;
  readonly #handle: Address;
  readonly #runOptions: Address;
  /** By side and name; they hold the memory that the native binding points to. */
  readonly #values = { input: new Map<string, NativeValue>(), output: new Map<string, NativeValue>() };
  #state: 'idle' | 'running' | 'disposed' = 'idle';

  private constructor(session: BoundSession, onDispose: (binding: OnnxBinding) => void) {
    this.#session = session;
    this.#onDispose = onDispose;
    this.#handle = session.api.get('CreateIoBinding', session.handle);
    this.#runOptions = session.api.get('CreateRunOptions');
  }

  /** @throws EngineError `invalid-argument` when a name is missing or unknown, or a tensor does not fit. */
  static create(
    session: BoundSession,
    inputs: ReadonlyMap<string, Bindable>,
    outputs: ReadonlyMap<string, Bindable>,
    onDispose: (binding: OnnxBinding) => void,
  ): OnnxBinding {
    checkComplete(session.inputs, 'input', inputs);
    checkComplete(session.outputs, 'output', outputs);
    const binding = new OnnxBinding(session, onDispose);
    try {
      inputs.forEach((tensor, name) => {
        binding.#tie('input', name, tensor);
      });
      outputs.forEach((tensor, name) => {
        binding.#tie('output', name, tensor);
      });
    } catch (error) {
      binding.#release();
      throw error;
    }
    return binding;
  }

  async run(signal?: AbortSignal): Promise<void> {
    this.#refuseUnlessIdle('run');
    signal?.throwIfAborted();
    const { api, handle } = this.#session;
    const terminate = (): void => {
      api.call('RunOptionsSetTerminate', this.#runOptions);
    };
    signal?.addEventListener('abort', terminate, { once: true });
    // Copies of host memory to a GPU, begun when it was bound, have to be there.
    api.call('SynchronizeBoundInputs', this.#handle);
    this.#state = 'running';
    try {
      await api.callAsync('RunWithBinding', [this], handle, this.#runOptions, this.#handle);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#state = 'idle';
      signal?.removeEventListener('abort', terminate);
      // An abort that came too late to end this run must not end the next one.
      api.call('RunOptionsUnsetTerminate', this.#runOptions);
    }
  }

  /** From now on each run ends with giving back to the system what the processor's arena holds but nobody uses. */
  giveMemoryBack(): void {
    this.#refuseUnlessIdle('change its options');
    this.#session.api.call(
      'AddRunConfigEntry',
      this.#runOptions,
      'memory.enable_memory_arena_shrinkage',
      'cpu:0',
    );
  }

  rebindInput(name: string, tensor: Bindable): void {
    this.#refuseUnlessIdle('bind other memory');
    this.#tie('input', name, tensor);
  }

  dispose(): void {
    if (this.#state === 'disposed') {
      return;
    }
    this.#refuseUnlessIdle('dispose');
    this.#release();
    this.#onDispose(this);
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  #tie(side: Side, name: string, tensor: Bindable): void {
    const { api, memory } = this.#session;
    checkFits(this.#session[`${side}s`], side, name, tensor);
    const value = NativeValue.over(api, memory, tensor, `${side} "${name}"`);
    try {
      api.call(BIND[side], this.#handle, name, value.handle);
    } catch (error) {
      value.release();
      throw error;
    }
    this.#values[side].get(name)?.release();
    this.#values[side].set(name, value);
  }

  /** The native binding first: it points to the values. */
  #release(): void {
    const { api } = this.#session;
    this.#state = 'disposed';
    api.release('ReleaseIoBinding', this.#handle);
    api.release('ReleaseRunOptions', this.#runOptions);
    for (const values of [this.#values.input, this.#values.output]) {
      values.forEach((value) => {
        value.release();
      });
      values.clear();
    }
  }

  #refuseUnlessIdle(action: string): void {
    if (this.#state === 'running') {
      throw new EngineError(
        'busy',
        `cannot ${action} while a run of this binding is pending: await it first`,
      );
    }
    if (this.#state === 'disposed') {
      throw new EngineError('disposed', `cannot ${action}: this binding was disposed`);
    }
  }
}
