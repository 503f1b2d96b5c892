/**
 * A few numbers behind the gradients, which workers sum up in one go with them. In: their place on the device. Out: ways to write
 * and to read them from the host.
 */
import type { DeviceTensor, Engine, Session, Tensor } from '../../engine/engine.ts';
import { runOnce } from './run-once.ts';
import { copyModel } from './vector-models.ts';

export class BlockTail {
  readonly #place: DeviceTensor;
  readonly #length: number;
  readonly #copy: Session;

  private constructor(place: DeviceTensor, length: number, copy: Session) {
    this.#place = place;
    this.#length = length;
    this.#copy = copy;
  }

  /** @param place - float32 `[length]` */
  static async open(engine: Engine, place: DeviceTensor, length: number): Promise<BlockTail> {
    return new BlockTail(place, length, await engine.createSession(copyModel(length), { threads: 1 }));
  }

  /** @param numbers - `[length]` */
  async write(numbers: Float32Array): Promise<void> {
    const from = { type: 'float32', dims: [this.#length], data: numbers } as const;
    await runOnce(this.#copy, { inputs: [['from', from]], outputs: [['to', this.#place]] });
  }

  async read(): Promise<Float32Array> {
    const data = new Float32Array(this.#length);
    const to: Tensor = { type: 'float32', dims: [this.#length], data };
    await runOnce(this.#copy, { inputs: [['from', this.#place]], outputs: [['to', to]] });
    return data;
  }

  dispose(): void {
    this.#copy.dispose();
  }
}
