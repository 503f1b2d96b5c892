/**
 * Tensors that sessions read and nothing writes: once in memory, whatever the number of shapes, lanes and evaluations. In: an
 * engine, the tensors. Out: what their inputs are tied to. The processor reads them where the file's reader put them; a GPU gets
 * a copy, in one block.
 */
import type { Bindable, DeviceBlock, Engine, Tensor } from '../../engine/engine.ts';
import type { FrozenTensor } from '../../models/network.ts';
import { runOnce } from './run-once.ts';
import { copyModel } from './vector-models.ts';

/** Bytes; what the device's own allocator aligns to. */
const ALIGNMENT = 256;

export class FrozenTensors {
  /** By the name of the input. */
  readonly inputs: ReadonlyMap<string, Bindable>;
  readonly #block: DeviceBlock | null;

  private constructor(inputs: ReadonlyMap<string, Bindable>, block: DeviceBlock | null) {
    this.inputs = inputs;
    this.#block = block;
  }

  /** @throws EngineError when the device has not enough memory; nothing is left open then. */
  static async open(engine: Engine, tensors: readonly FrozenTensor[]): Promise<FrozenTensors> {
    if (engine.device.kind !== 'cuda' || tensors.length === 0) {
      return new FrozenTensors(new Map(tensors.map((tensor) => [tensor.name, inPlace(tensor)])), null);
    }
    const { offsets, byteLength } = layOut(tensors);
    const block = engine.allocate(byteLength);
    try {
      await copyTo(engine, block, flattened(tensors, offsets, byteLength));
      const inputs = tensors.map(
        ({ name, type, dims }, index) => [name, block.tensor(type, dims, offsets[index]!)] as const,
      );
      return new FrozenTensors(new Map(inputs), block);
    } catch (error) {
      block.dispose();
      throw error;
    }
  }

  /** @throws EngineError `busy` while a session is bound to them on a device. */
  dispose(): void {
    this.#block?.dispose();
  }
}

/** One after the other, each on a boundary of the device. */
function layOut(tensors: readonly FrozenTensor[]): {
  readonly offsets: readonly number[];
  readonly byteLength: number;
} {
  let byteLength = 0;
  const offsets = tensors.map(({ data }) => {
    const offset = byteLength;
    byteLength += Math.ceil(data.byteLength / ALIGNMENT) * ALIGNMENT;
    return offset;
  });
  return { offsets, byteLength };
}

function flattened(
  tensors: readonly FrozenTensor[],
  offsets: readonly number[],
  byteLength: number,
): Uint8Array {
  const flat = new Uint8Array(byteLength);
  tensors.forEach(({ data }, index) => {
    flat.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offsets[index]);
  });
  return flat;
}

async function copyTo(engine: Engine, block: DeviceBlock, bytes: Uint8Array): Promise<void> {
  const dims = [bytes.length];
  const session = await engine.createSession(copyModel(bytes.length, 'uint8'), { threads: 1 });
  try {
    await runOnce(session, {
      inputs: [['from', { type: 'uint8', dims, data: bytes }]],
      outputs: [['to', block.tensor('uint8', dims, 0)]],
    });
  } finally {
    session.dispose();
  }
}

function inPlace({ type, dims, data }: FrozenTensor): Tensor {
  // The engine carries float16 as its bits.
  const carried =
    data instanceof Float32Array ? data : new Uint16Array(data.buffer, data.byteOffset, data.length);
  return { type, dims, data: carried };
}
