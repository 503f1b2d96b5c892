/**
 * A training of several workers that MPI's launcher started. In: the communicator of the process. Out: a `Collective`, which works
 * on gradients where they lie in main memory. (A GPU's lie on the device: another implementation's.)
 */
import { orAborted } from '../../../timing/or-aborted.ts';
import { hostFloats } from '../../engine/host-floats.ts';
import type { Communicator } from '../../mpi/communicator.ts';
import type { ExchangedGroup, ExchangeMemory } from '../../mpi/exchange-memory.ts';
import type { Collective, GradientBlock } from './collective.ts';

export class MpiCollective implements Collective {
  readonly communicator: Communicator;
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(communicator: Communicator) {
    this.communicator = communicator;
  }

  get rank(): number {
    return this.communicator.rank;
  }

  get size(): number {
    return this.communicator.size;
  }

  sumGradients({ tensor }: GradientBlock): Promise<void> {
    return this.communicator.sumFloats(hostFloats(tensor));
  }

  sum(numbers: Float64Array): Promise<void> {
    return this.communicator.sumNumbers(numbers);
  }

  broadcast({ tensor }: GradientBlock): Promise<void> {
    return this.communicator.broadcastFloats(hostFloats(tensor));
  }

  async broadcastBytes(bytes: Uint8Array): Promise<Uint8Array> {
    const length = Float64Array.of(this.rank === 0 ? bytes.length : 0);
    await this.sum(length);
    // In the memory of floats: they travel as they are, whatever number their bits would be.
    const floats = new Float32Array(Math.ceil(length[0]! / Float32Array.BYTES_PER_ELEMENT));
    const all = new Uint8Array(floats.buffer, 0, length[0]);
    if (this.rank === 0) {
      all.set(bytes);
    }
    await this.communicator.broadcastFloats(floats);
    return all;
  }

  sayLastWords(text: string): void {
    this.communicator.sayLastWords(text);
  }

  get lastWords(): Promise<string> {
    return this.communicator.lastWords;
  }

  exchange<Result>(
    memory: ExchangeMemory,
    groups: readonly ExchangedGroup[],
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    return this.communicator.exchange(memory, groups, run);
  }

  async barrier(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await orAborted(this.communicator.barrier(), signal);
  }

  /** What stands on these ranks ends before them, in the orderly end that all have together. */
  closeBefore(close: () => Promise<void>): void {
    this.#closers.unshift(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers) {
      await close();
    }
    await this.communicator.close();
  }
}
