/**
 * Blocks that lie on GPUs which cannot reach each other. In: the ranks, and the engine. Out: their sums by way of main memory, over
 * MPI: slower than GPUs would, in the order of the ranks.
 */
import { deviceFloats } from '../../engine/device-floats.ts';
import type { DeviceTensor, Engine, HostBlock, Session, Tensor } from '../../engine/engine.ts';
import type { Communicator } from '../../mpi/communicator.ts';
import { runOnce } from '../parameters/run-once.ts';
import { copyModel } from '../parameters/vector-models.ts';
import type { BlockSums, GradientBlock } from './collective.ts';

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Memory through which blocks of one length go. */
interface Stage {
  readonly copy: Session;
  readonly memory: HostBlock;
  readonly tensor: Tensor & { readonly data: Float32Array };
}

export class StagedSums implements BlockSums {
  readonly #ranks: Pick<Communicator, 'broadcastFloats' | 'sumFloats'>;
  readonly #engine: Engine;
  readonly #stages = new Map<number, Stage>();

  constructor(ranks: Pick<Communicator, 'broadcastFloats' | 'sumFloats'>, engine: Engine) {
    this.#ranks = ranks;
    this.#engine = engine;
  }

  readonly sumGradients = ({ tensor }: GradientBlock): Promise<void> =>
    this.#throughMemory(tensor, (numbers) => this.#ranks.sumFloats(numbers));

  readonly broadcast = ({ tensor }: GradientBlock): Promise<void> =>
    this.#throughMemory(tensor, (numbers) => this.#ranks.broadcastFloats(numbers));

  dispose(): void {
    for (const { copy, memory } of this.#stages.values()) {
      copy.dispose();
      memory.dispose();
    }
    this.#stages.clear();
  }

  async #throughMemory(device: DeviceTensor, work: (numbers: Float32Array) => Promise<void>): Promise<void> {
    const { length } = deviceFloats(device);
    const stage = this.#stages.get(length) ?? (await this.#openStage(length));
    this.#stages.set(length, stage);
    const { copy, tensor } = stage;
    await runOnce(copy, { inputs: [['from', device]], outputs: [['to', tensor]] });
    await work(tensor.data);
    await runOnce(copy, { inputs: [['from', tensor]], outputs: [['to', device]] });
  }

  async #openStage(length: number): Promise<Stage> {
    const copy = await this.#engine.createSession(copyModel(length), { threads: 1 });
    try {
      const memory = this.#engine.allocateHost(length * FLOAT_BYTES);
      const { buffer, byteOffset } = memory.data;
      const data = new Float32Array(buffer, byteOffset, length);
      return { copy, memory, tensor: { type: 'float32', dims: [length], data } };
    } catch (error) {
      copy.dispose();
      throw error;
    }
  }
}
