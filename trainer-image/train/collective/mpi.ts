/**
 * A training of several workers that MPI's launcher started. In: the communicator of the process. Out: a `Collective`, which works
 * on gradients where they lie in main memory. (A GPU's lie on the device: another implementation's.)
 */
import { orAborted } from '../../../timing/or-aborted.ts';
import { hostFloats } from '../../engine/host-floats.ts';
import type { Communicator } from '../../mpi/communicator.ts';
import type { Collective, GradientBlock } from './collective.ts';

export class MpiCollective implements Collective {
  readonly #communicator: Communicator;

  constructor(communicator: Communicator) {
    this.#communicator = communicator;
  }

  get rank(): number {
    return this.#communicator.rank;
  }

  get size(): number {
    return this.#communicator.size;
  }

  sumGradients({ tensor }: GradientBlock): Promise<void> {
    return this.#communicator.sumFloats(hostFloats(tensor));
  }

  sum(numbers: Float64Array): Promise<void> {
    return this.#communicator.sumNumbers(numbers);
  }

  broadcast({ tensor }: GradientBlock): Promise<void> {
    return this.#communicator.broadcastFloats(hostFloats(tensor));
  }

  async barrier(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await orAborted(this.#communicator.barrier(), signal);
  }

  close(): Promise<void> {
    return this.#communicator.close();
  }
}
