/**
 * The numbers that training changes: parameters, what the optimizer remembers of them, gradient sets; and those beside them that
 * it only reads. In: an engine, the parameters, an optimizer. Out: memory that the step's sessions read and write in place, an
 * update, and copies for checkpoints. Everything is one flat block per kind on the engine's device, worked on by small sessions,
 * so nothing but a few scalars crosses the bus of a GPU in a step.
 */
import type {
  Bindable,
  Binding,
  DeviceBlock,
  DeviceTensor,
  Engine,
  HostBlock,
  Session,
  Tensor,
} from '../../engine/engine.ts';
import type { FrozenTensor } from '../../models/network.ts';
import type { GradientBlock } from '../collective/collective.ts';
import { BlockTail } from './block-tail.ts';
import {
  type FlatLayout,
  type FlatPlace,
  layOutFlat,
  type Piece,
  piecesOf,
  type StoredParameter,
} from './flat-layout.ts';
import { FrozenTensors } from './frozen-tensors.ts';
import type { Optimizer, UpdateStep } from './optimizer.ts';
import { runOnce } from './run-once.ts';
import {
  copyModel,
  scaledSumModel,
  sumModel,
  updateModel,
  WEIGHT_DECAY,
  zeroModel,
} from './vector-models.ts';
import { type PieceBindings, VectorProgram } from './vector-program.ts';

const FLOAT_BYTES = 4;
const ONE_THREAD = { threads: 1 };
/** Elements of a piece on the processor: an update's vectors of this length stay in a core's second cache. */
const PIECE = 2 ** 16;

/** Copies of the numbers that a checkpoint keeps, by parameter name. */
export interface ParameterValues {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** By slot of the optimizer. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>;
}

export interface StoreSettings {
  readonly parameters: readonly StoredParameter[];
  /** What the network reads beside its parameters; none when left out. */
  readonly frozen?: readonly FrozenTensor[];
  readonly optimizer: Optimizer;
  readonly weightDecay: number;
  readonly gradientSets: number;
  /** Numbers behind the gradients that workers sum up with them; none when left out. */
  readonly tailLength?: number;
  /** Cores that an update may use. */
  readonly cores: number;
}

/** A parameter or gradient set was asked for that the store does not hold. */
export class UnknownParameterError extends Error {
  override readonly name = 'UnknownParameterError';
}

interface ScalarTensor extends Tensor {
  readonly data: Float32Array;
}

/** What the store works with, all of it open. */
interface StoreParts {
  readonly engine: Engine;
  readonly settings: StoreSettings;
  readonly layout: FlatLayout;
  readonly pieces: readonly Piece[];
  readonly blocks: Blocks;
  readonly copy: Session;
  readonly add: Session;
  readonly update: VectorProgram;
  readonly tail: BlockTail | null;
  /** What a sum of gradients is multiplied by. */
  readonly scale: ScalarTensor;
  /** Scalars of the update. */
  readonly scalars: ReadonlyMap<string, ScalarTensor>;
  /** Everything to dispose of, in this order. */
  readonly opened: Disposable[];
}

interface Blocks {
  readonly frozen: FrozenTensors;
  readonly parameters: DeviceBlock;
  readonly slots: ReadonlyMap<string, DeviceBlock>;
  readonly gradients: readonly DeviceBlock[];
}

interface Disposable {
  dispose(): void;
}

export class ParameterStore {
  readonly #parts: StoreParts;
  readonly #sums = new Map<number, VectorProgram>();
  readonly #additions = new Map<string, Binding>();

  private constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** All numbers are 0 at first. @throws EngineError when the device has not enough memory; nothing is left open then. */
  static async open(engine: Engine, settings: StoreSettings): Promise<ParameterStore> {
    const opened: Disposable[] = [];
    try {
      return new ParameterStore(await openParts(engine, settings, opened));
    } catch (error) {
      disposeOf(opened);
      throw error;
    }
  }

  /** What the optimizer keeps of every parameter. */
  get slots(): readonly string[] {
    return this.#parts.settings.optimizer.slots;
  }

  /** What lies behind the gradients in their block; null: nothing. */
  get tail(): BlockTail | null {
    return this.#parts.tail;
  }

  /** All that a network's graphs read from one step to the next: parameters and frozen tensors, by name. */
  inputs(): Map<string, Bindable> {
    const { blocks, layout } = this.#parts;
    const parameters = [...layout.places.keys()].map(
      (name) => [name, this.#tensor(blocks.parameters, name)] as const,
    );
    return new Map([...parameters, ...blocks.frozen.inputs]);
  }

  /** @param set - from 0 up to `gradientSets`, not included. @throws UnknownParameterError */
  gradient(set: number, name: string): DeviceTensor {
    return this.#tensor(this.#gradientSet(set), name);
  }

  /** Host memory through which clips go to the device; null where sessions read a clip wherever it lies. */
  clipBuffer(byteLength: number): HostBlock | null {
    const { engine } = this.#parts;
    return engine.device.kind === 'cuda' ? engine.allocateHost(byteLength) : null;
  }

  /** Adds gradient set `from` to gradient set `into`: for a lane that works through several micro-batches. */
  async addGradients(from: number, into: number): Promise<void> {
    const key = `${from}>${into}`;
    const binding = this.#additions.get(key) ?? this.#bindAddition(from, into);
    this.#additions.set(key, binding);
    await binding.run();
  }

  /**
   * `scale` times the sum of the first `lanes` gradient sets, and the tail behind it, as one block of memory. It takes the place
   * of the first set, from which `update` works.
   */
  async gradientBlock(lanes: number, scale: number): Promise<GradientBlock> {
    if (lanes > 1 || scale !== 1) {
      const sum = this.#sums.get(lanes) ?? (await this.#openSum(lanes));
      this.#sums.set(lanes, sum);
      this.#set(sum, 'scale', this.#parts.scale, scale);
      await sum.run();
    }
    const { layout, settings } = this.#parts;
    const length = layout.length + (settings.tailLength ?? 0);
    return { tensor: this.#gradientSet(0).tensor('float32', [length], 0), length };
  }

  /** One step of the optimizer from the gradient block, which is to hold the mean over the batch. */
  async update(step: UpdateStep): Promise<void> {
    const { settings, scalars, update } = this.#parts;
    const values = settings.optimizer.scalars(step);
    for (const [name, tensor] of scalars) {
      this.#set(update, name, tensor, values[name]!);
    }
    await update.run();
  }

  async read(): Promise<ParameterValues> {
    const { parameters, slots } = this.#parts.blocks;
    const values = new Map<string, ReadonlyMap<string, Float32Array>>();
    for (const [name, block] of slots) {
      values.set(name, await this.#toHost(block));
    }
    return { parameters: await this.#toHost(parameters), slots: values };
  }

  /** Sets parameters and slots; what is not given becomes 0. */
  async write(
    values: { readonly parameters: ParameterValues['parameters'] } & Partial<ParameterValues>,
  ): Promise<void> {
    const { parameters, slots } = this.#parts.blocks;
    await this.#toDevice(values.parameters, parameters);
    for (const [name, block] of slots) {
      await this.#toDevice(values.slots?.get(name) ?? new Map(), block);
    }
  }

  dispose(): void {
    disposeOf([...this.#sums.values(), ...this.#parts.opened.splice(0)]);
    this.#sums.clear();
  }

  #bindAddition(from: number, into: number): Binding {
    const { add, layout } = this.#parts;
    const [total, part] = [whole(this.#gradientSet(into), layout), whole(this.#gradientSet(from), layout)];
    const inputs = new Map([
      ['part0', total],
      ['part1', part],
    ]);
    return add.bind(inputs, new Map([['sum', total]]));
  }

  #set(program: VectorProgram, name: string, tensor: ScalarTensor, value: number): void {
    tensor.data[0] = value;
    if (this.#parts.engine.device.kind === 'cuda') {
      // It fetches host memory when it is bound.
      program.rebind(name, tensor);
    }
  }

  #openSum(lanes: number): Promise<VectorProgram> {
    const { engine, settings, pieces, scale } = this.#parts;
    const sets = Array.from({ length: lanes }, (_, set) => this.#gradientSet(set));
    return VectorProgram.open(engine, {
      ...{ pieces, lanes: settings.cores },
      model: (length) => scaledSumModel(lanes, length),
      bind: (piece) => ({
        inputs: new Map<string, Bindable>([
          ...sets.map((block, set) => [`part${set}`, partOf(block, piece)] as const),
          ['scale', scale],
        ]),
        outputs: new Map([['sum', partOf(sets[0]!, piece)]]),
      }),
    });
  }

  async #toHost(block: DeviceBlock): Promise<ReadonlyMap<string, Float32Array>> {
    const { copy, layout } = this.#parts;
    const flat = new Float32Array(layout.length);
    await runOnce(copy, { inputs: [['from', whole(block, layout)]], outputs: [['to', vector(flat)]] });
    return new Map(
      [...layout.places].map(([name, { offset, count }]) => [name, flat.slice(offset, offset + count)]),
    );
  }

  async #toDevice(values: ReadonlyMap<string, Float32Array>, block: DeviceBlock): Promise<void> {
    const { copy, layout } = this.#parts;
    const flat = new Float32Array(layout.length);
    for (const [name, array] of values) {
      flat.set(array, this.#place(name).offset);
    }
    await runOnce(copy, { inputs: [['from', vector(flat)]], outputs: [['to', whole(block, layout)]] });
  }

  #tensor(block: DeviceBlock, name: string): DeviceTensor {
    const { dims, offset } = this.#place(name);
    return block.tensor('float32', dims, offset * FLOAT_BYTES);
  }

  #place(name: string): FlatPlace {
    const place = this.#parts.layout.places.get(name);
    if (place === undefined) {
      throw new UnknownParameterError(`there is no parameter "${name}" in this store`);
    }
    return place;
  }

  #gradientSet(set: number): DeviceBlock {
    const { gradients } = this.#parts.blocks;
    const block = gradients[set];
    if (block === undefined) {
      throw new UnknownParameterError(
        `there is no gradient set ${set}: this store has 0 to ${gradients.length - 1}`,
      );
    }
    return block;
  }
}

async function openParts(engine: Engine, settings: StoreSettings, opened: Disposable[]): Promise<StoreParts> {
  const keep = <Kept extends Disposable>(kept: Kept): Kept => {
    opened.unshift(kept);
    return kept;
  };
  const { optimizer, parameters, frozen = [], gradientSets, tailLength = 0, cores } = settings;
  const layout = layOutFlat(parameters);
  const { length } = layout;
  // A GPU works on a whole vector at once.
  const pieces = piecesOf(layout, engine.device.kind === 'cuda' ? length : PIECE);
  const block = (behind = 0): DeviceBlock => keep(engine.allocate((length + behind) * FLOAT_BYTES));
  const blocks = {
    frozen: keep(await FrozenTensors.open(engine, frozen)),
    parameters: block(),
    slots: new Map(optimizer.slots.map((name) => [name, block()])),
    gradients: Array.from({ length: gradientSets }, (_, set) => block(set === 0 ? tailLength : 0)),
  };
  await fillWithZeros(engine, layout, [blocks.parameters, ...blocks.slots.values(), ...blocks.gradients]);
  const names = Object.keys(optimizer.scalars({ learningRate: 0, iteration: 0 }));
  const scalars = new Map(names.map((name) => [name, scalar(0)]));
  const decay = { decayed: scalar(settings.weightDecay), plain: scalar(0) };
  const update = await VectorProgram.open(engine, {
    ...{ pieces, lanes: cores },
    model: (pieceLength) => updateModel(optimizer, names, pieceLength),
    bind: (piece) =>
      bindUpdate(blocks, piece, [...scalars, [WEIGHT_DECAY, piece.isDecayed ? decay.decayed : decay.plain]]),
  });
  return {
    ...{ engine, settings, layout, pieces, blocks, scalars, opened },
    scale: scalar(1),
    update: keep(update),
    tail:
      tailLength === 0
        ? null
        : keep(await BlockTail.open(engine, tailOf(blocks.gradients[0]!, layout, tailLength), tailLength)),
    copy: keep(await engine.createSession(copyModel(length), ONE_THREAD)),
    add: keep(await engine.createSession(sumModel(2, length), ONE_THREAD)),
  };
}

function bindUpdate(
  { parameters, slots, gradients }: Blocks,
  piece: Piece,
  scalars: readonly (readonly [string, Bindable])[],
): PieceBindings {
  const inputs = new Map<string, Bindable>([
    ...scalars,
    ['parameter', partOf(parameters, piece)],
    ['gradient', partOf(gradients[0]!, piece)],
  ]);
  const outputs = new Map<string, Bindable>([['parameter.next', partOf(parameters, piece)]]);
  for (const [name, block] of slots) {
    inputs.set(`slot/${name}`, partOf(block, piece));
    outputs.set(`slot/${name}.next`, partOf(block, piece));
  }
  return { inputs, outputs };
}

/** Also the places between parameters, which updates run over, must be numbers. */
async function fillWithZeros(
  engine: Engine,
  layout: FlatLayout,
  blocks: readonly DeviceBlock[],
): Promise<void> {
  const session = await engine.createSession(zeroModel(layout.length), ONE_THREAD);
  try {
    for (const block of blocks) {
      await runOnce(session, { inputs: [], outputs: [['zeros', whole(block, layout)]] });
    }
  } finally {
    session.dispose();
  }
}

function disposeOf(opened: readonly Disposable[]): void {
  opened.forEach((one) => {
    one.dispose();
  });
}

function whole(block: DeviceBlock, { length }: FlatLayout): DeviceTensor {
  return block.tensor('float32', [length], 0);
}

function partOf(block: DeviceBlock, { start, length }: Piece): DeviceTensor {
  return block.tensor('float32', [length], start * FLOAT_BYTES);
}

function tailOf(block: DeviceBlock, { length }: FlatLayout, tailLength: number): DeviceTensor {
  return block.tensor('float32', [tailLength], length * FLOAT_BYTES);
}

function scalar(value: number): ScalarTensor {
  return { type: 'float32', dims: [], data: Float32Array.of(value) };
}

function vector(data: Float32Array): Tensor {
  return { type: 'float32', dims: [data.length], data };
}
