/**
 * Parameters on the device: flat blocks for parameters, momenta and every gradient set, which the step's sessions read
 * and write in place; small sessions update, sum, copy and clear them, so nothing but a few scalars crosses the bus in a
 * step. In: an engine and the slots. Out: a `ParameterStore`. A GPU's way; on the processor the same calls run in tests.
 */
import type {
  Bindable,
  Binding,
  DeviceBlock,
  DeviceTensor,
  Engine,
  HostBlock,
  ParameterSlot,
  Session,
  Tensor,
  UpdateSettings,
} from '../../engine/engine.ts';
import { layOutFlat } from './flat-layout.ts';
import type { FlatLayout } from './flat-layout.ts';
import type { ParameterStore, ParameterValues } from './parameter-store.ts';
import { copyModel, sumModel, UPDATE_COEFFICIENTS, updateModel, zeroModel } from './update-graph.ts';
import type { UpdateCoefficient, UpdateStretch } from './update-graph.ts';

const FLOAT_BYTES = 4;
const ONE_THREAD = { threads: 1 };

interface Sessions {
  readonly copy: Session;
  readonly sum: Session;
  readonly zero: Session;
}

interface Update {
  readonly session: Session;
  readonly binding: Binding;
}

/** A parameter or gradient set was asked for that the store does not hold. */
export class UnknownParameterError extends Error {
  override readonly name = 'UnknownParameterError';
}

export class DeviceStore implements ParameterStore {
  readonly #engine: Engine;
  readonly #layout: FlatLayout;
  readonly #sessions: Sessions;
  readonly #parameters: DeviceBlock;
  readonly #momenta: DeviceBlock;
  readonly #gradients: readonly DeviceBlock[];
  readonly #updates = new Map<number, Promise<Update>>();
  readonly #sums = new Map<string, Binding>();

  private constructor(engine: Engine, layout: FlatLayout, sessions: Sessions, gradientSets: number) {
    const block = (): DeviceBlock => engine.allocate(layout.length * FLOAT_BYTES);
    this.#engine = engine;
    this.#layout = layout;
    this.#sessions = sessions;
    this.#parameters = block();
    this.#momenta = block();
    this.#gradients = Array.from({ length: gradientSets }, block);
  }

  /** All blocks are 0 at first. @throws EngineError when the device has not enough memory. */
  static async create(
    engine: Engine,
    slots: readonly ParameterSlot[],
    gradientSets: number,
  ): Promise<DeviceStore> {
    const layout = layOutFlat(slots);
    const { length } = layout;
    const sessions = {
      copy: await engine.createSession(copyModel(length), ONE_THREAD),
      sum: await engine.createSession(sumModel(length), ONE_THREAD),
      zero: await engine.createSession(zeroModel(length), ONE_THREAD),
    };
    const store = new DeviceStore(engine, layout, sessions, gradientSets);
    for (const block of [store.#parameters, store.#momenta, ...store.#gradients]) {
      // Also the gaps between parameters, which updates run over, must be numbers.
      await store.#run(sessions.zero, new Map(), new Map([['zeros', store.#whole(block)]]));
    }
    return store;
  }

  get gradientSets(): number {
    return this.#gradients.length;
  }

  parameter(name: string): DeviceTensor {
    return this.#tensor(this.#parameters, name);
  }

  gradient(set: number, name: string): DeviceTensor {
    return this.#tensor(this.#gradientSet(set), name);
  }

  clipBuffer(byteLength: number): HostBlock {
    return this.#engine.allocateHost(byteLength);
  }

  async addGradients(from: number, into: number): Promise<void> {
    const key = `${from}>${into}`;
    const known = this.#sums.get(key);
    if (known !== undefined) {
      await known.run();
      return;
    }
    const [total, part] = [this.#whole(this.#gradientSet(into)), this.#whole(this.#gradientSet(from))];
    const inputs = new Map([
      ['total', total],
      ['part', part],
    ]);
    const binding = this.#sessions.sum.bind(inputs, new Map([['sum', total]]));
    this.#sums.set(key, binding);
    await binding.run();
  }

  async update(settings: UpdateSettings): Promise<void> {
    const { learningRate, momentum, weightDecay, gradientScale, nesterov, lanes } = settings;
    const opening = this.#updates.get(lanes) ?? this.#openUpdate(lanes);
    this.#updates.set(lanes, opening);
    const { binding } = await opening;
    const [direct, follow] = nesterov ? [1, momentum] : [0, 1];
    const values: Readonly<Record<UpdateCoefficient, number>> = {
      ...{ learningRate, momentum, weightDecay, gradientScale },
      ...{ direct, follow },
    };
    for (const name of UPDATE_COEFFICIENTS) {
      binding.rebindInput(name, scalar(values[name]));
    }
    await binding.run();
  }

  async read(): Promise<ParameterValues> {
    return {
      parameters: await this.#toHost(this.#parameters),
      momenta: await this.#toHost(this.#momenta),
    };
  }

  async write({ parameters, momenta }: ParameterValues): Promise<void> {
    await this.#toDevice(parameters, this.#parameters);
    await this.#toDevice(momenta, this.#momenta);
  }

  async dispose(): Promise<void> {
    const updates = await Promise.allSettled(this.#updates.values());
    this.#updates.clear();
    for (const update of updates) {
      if (update.status === 'fulfilled') {
        update.value.session.dispose();
      }
    }
    const { copy, sum, zero } = this.#sessions;
    [copy, sum, zero].forEach((session) => {
      session.dispose();
    });
    [this.#parameters, this.#momenta, ...this.#gradients].forEach((block) => {
      block.dispose();
    });
  }

  async #openUpdate(lanes: number): Promise<Update> {
    const { decayed, length } = this.#layout;
    const stretches = [
      { name: 'decayed', length: decayed, start: 0 },
      { name: 'plain', length: length - decayed, start: decayed },
    ] as const;
    const used: readonly (UpdateStretch & { readonly start: number })[] = stretches.filter(
      (stretch) => stretch.length > 0,
    );
    const gradients = Array.from({ length: lanes }, (_, set) => this.#gradientSet(set));
    const session = await this.#engine.createSession(updateModel(used, lanes), ONE_THREAD);
    const inputs = new Map<string, Bindable>(UPDATE_COEFFICIENTS.map((name) => [name, scalar(0)]));
    const outputs = new Map<string, Bindable>();
    for (const stretch of used) {
      const part = (block: DeviceBlock): DeviceTensor =>
        block.tensor('float32', [stretch.length], stretch.start * FLOAT_BYTES);
      const [parameters, momenta] = [part(this.#parameters), part(this.#momenta)];
      inputs.set(`${stretch.name}/parameters`, parameters);
      inputs.set(`${stretch.name}/momenta`, momenta);
      outputs.set(`${stretch.name}/parameters.next`, parameters);
      outputs.set(`${stretch.name}/momenta.next`, momenta);
      gradients.forEach((block, set) => inputs.set(`${stretch.name}/gradients${set}`, part(block)));
    }
    return { session, binding: session.bind(inputs, outputs) };
  }

  async #toHost(block: DeviceBlock): Promise<ReadonlyMap<string, Float32Array>> {
    const flat = new Float32Array(this.#layout.length);
    await this.#copy(this.#whole(block), vector(flat));
    return new Map(
      [...this.#layout.places].map(([name, { offset, count }]) => [name, flat.slice(offset, offset + count)]),
    );
  }

  /** Parameters that are not given become 0. */
  async #toDevice(values: ReadonlyMap<string, Float32Array>, block: DeviceBlock): Promise<void> {
    const flat = new Float32Array(this.#layout.length);
    for (const [name, array] of values) {
      flat.set(array, this.#place(name).offset);
    }
    await this.#copy(vector(flat), this.#whole(block));
  }

  #copy(from: Bindable, to: Bindable): Promise<void> {
    return this.#run(this.#sessions.copy, new Map([['from', from]]), new Map([['to', to]]));
  }

  async #run(
    session: Session,
    inputs: ReadonlyMap<string, Bindable>,
    outputs: ReadonlyMap<string, Bindable>,
  ): Promise<void> {
    const binding = session.bind(inputs, outputs);
    try {
      await binding.run();
    } finally {
      binding.dispose();
    }
  }

  #whole(block: DeviceBlock): DeviceTensor {
    return block.tensor('float32', [this.#layout.length], 0);
  }

  #tensor(block: DeviceBlock, name: string): DeviceTensor {
    const { dims, offset } = this.#place(name);
    return block.tensor('float32', dims, offset * FLOAT_BYTES);
  }

  #place(name: string): { readonly dims: readonly number[]; readonly offset: number } {
    const place = this.#layout.places.get(name);
    if (place === undefined) {
      throw new UnknownParameterError(`there is no parameter "${name}" in this store`);
    }
    return place;
  }

  #gradientSet(set: number): DeviceBlock {
    const block = this.#gradients[set];
    if (block === undefined) {
      throw new UnknownParameterError(
        `there is no gradient set ${set}: this store has 0 to ${this.#gradients.length - 1}`,
      );
    }
    return block;
  }
}

function scalar(value: number): Tensor {
  return { type: 'float32', dims: [], data: Float32Array.of(value) };
}

function vector(data: Float32Array): Tensor {
  return { type: 'float32', dims: [data.length], data };
}
