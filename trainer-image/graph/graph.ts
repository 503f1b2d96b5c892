/**
 * A graph under construction. In: calls of the operator functions (`elementwise.ts`, `product.ts`, ...), each adding one
 * node and giving its result with type and shape. Out: inputs, constants, nodes and outputs, which `encode.ts` turns
 * into the bytes of an ONNX model. The same node asked for twice is made once; nodes that no output needs are left out.
 */
import type { Attributes, Domain, Node } from './node.ts';
import { elementCount, formatDims, GraphShapeError } from './value.ts';
import type { ElementType, FloatType, Value } from './value.ts';

/** Typed array that holds a constant's elements. */
export type ConstantData = Float32Array | Float16Array | BigInt64Array | Int32Array | Uint8Array;

export interface Constant {
  readonly value: Value;
  readonly data: ConstantData;
}

export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
}

/** What one call of `emit` adds: an operator with a single result. */
export interface NodeRequest {
  readonly operator: string;
  readonly domain?: Domain;
  readonly inputs: readonly Value[];
  readonly attributes?: Attributes;
  readonly type: ElementType;
  readonly dims: readonly number[];
}

/** Devices that operators are chosen for: where two spellings give the same numbers, the faster one is written. */
export type GraphDevice = 'cpu' | 'cuda';

/** Constants up to this many elements are shared when they are equal. */
const SHARED_CONSTANT_ELEMENTS = 1024;

export class Graph {
  readonly device: GraphDevice;
  readonly #inputs: Value[] = [];
  readonly #constants: Constant[] = [];
  readonly #nodes: Node[] = [];
  readonly #outputs: GraphOutput[] = [];
  readonly #names = new Set<string>();
  readonly #sharedConstants = new Map<string, Value>();
  readonly #sharedNodes = new Map<string, Value>();
  readonly #origins = new Map<Value, Value>();
  readonly #scopes: string[] = [];

  constructor(device: GraphDevice = 'cpu') {
    this.device = device;
  }

  /**
   * Declares an input that every run must be given.
   *
   * @throws GraphShapeError when the name is taken.
   */
  input(name: string, type: ElementType, dims: readonly number[]): Value {
    const value = this.#value(name, type, dims);
    this.#inputs.push(value);
    return value;
  }

  /** A tensor stored in the model under a name of its own, e.g. a trained weight. */
  initializer(name: string, data: Float32Array, dims: readonly number[]): Value {
    const value = this.#value(name, 'float32', dims);
    this.#constants.push({ value, data });
    return value;
  }

  /** A constant tensor; equal small ones are stored once. */
  constant(data: ConstantData, dims: readonly number[]): Value {
    if (data.length !== elementCount(dims)) {
      throw new GraphShapeError(`a constant of dims ${formatDims(dims)} cannot hold ${data.length} elements`);
    }
    const type = constantType(data);
    const key =
      data.length <= SHARED_CONSTANT_ELEMENTS ? `${type}${formatDims(dims)}${data.join()}` : undefined;
    const shared = key === undefined ? undefined : this.#sharedConstants.get(key);
    if (shared !== undefined) {
      return shared;
    }
    const value = this.#value(`constant_${this.#constants.length}`, type, dims);
    this.#constants.push({ value, data });
    if (key !== undefined) {
      this.#sharedConstants.set(key, value);
    }
    return value;
  }

  /** A constant without axes, of the type of what it is to be combined with. */
  scalar(value: number, type: FloatType = 'float32'): Value {
    return this.floats([value], [], type);
  }

  /** A constant of floating-point numbers, each rounded to the nearest that the type has. */
  floats(values: readonly number[], dims: readonly number[], type: FloatType): Value {
    const data = type === 'float16' ? Float16Array.from(values) : Float32Array.from(values);
    return this.constant(data, dims);
  }

  /** A list of int64, the form in which ONNX takes shapes, axes and pads. */
  integers(values: readonly number[]): Value {
    return this.constant(
      BigInt64Array.from(values, (value) => BigInt(value)),
      [values.length],
    );
  }

  /** Adds an operator and gives its result; an equal operator that is already there gives its result instead. */
  emit(request: NodeRequest): Value {
    const { operator, domain = '', inputs, attributes = {}, type, dims } = request;
    const key = `${domain}.${operator}(${inputs.map((input) => input.name).join()})${JSON.stringify(attributes)}`;
    const shared = this.#sharedNodes.get(key);
    if (shared !== undefined) {
      return shared;
    }
    const name = [...this.#scopes, `${operator}_${this.#nodes.length}`].join('/');
    const value = this.#value(name, type, dims);
    this.#nodes.push({ name, operator, domain, inputs, outputs: [value], attributes });
    this.#sharedNodes.set(key, value);
    return value;
  }

  /** Notes that `view` holds the same elements as `x` in the same order, under other dimensions. */
  noteView(view: Value, x: Value): void {
    this.#origins.set(view, this.origin(x));
  }

  /**
   * The value that a chain of reshapes began with; the value itself when it is no view. Operators that do not care about
   * dimensions work on it, so that most reshapes are never read and fall away.
   */
  origin(value: Value): Value {
    return this.#origins.get(value) ?? value;
  }

  /** Names the nodes that `body` adds after a part of the network. */
  scoped<T>(scope: string, body: () => T): T {
    this.#scopes.push(scope);
    try {
      return body();
    } finally {
      this.#scopes.pop();
    }
  }

  /** Declares a result of the model. */
  output(name: string, value: Value): void {
    if (this.#outputs.some((output) => output.name === name)) {
      throw new GraphShapeError(`the graph already has an output named ${name}`);
    }
    this.#outputs.push({ name, value });
  }

  /** The same values in the order in which their nodes were added; those that no node gives come first. */
  byEmission(values: readonly Value[]): readonly Value[] {
    const places = new Map(
      this.#nodes.flatMap(({ outputs }, place) => outputs.map((value) => [value, place])),
    );
    const place = (value: Value): number => places.get(value) ?? -1;
    return values.toSorted((a, b) => place(a) - place(b));
  }

  get inputs(): readonly Value[] {
    return this.#inputs;
  }

  get outputs(): readonly GraphOutput[] {
    return this.#outputs;
  }

  /** Nodes that some output needs, in an order in which they can run. */
  liveNodes(): readonly Node[] {
    const needed = new Set(this.#outputs.map((output) => output.value));
    const live: Node[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (node.outputs.some((output) => needed.has(output))) {
        live.push(node);
        node.inputs.forEach((input) => needed.add(input));
      }
    }
    return live.toReversed();
  }

  /** Constants that the live nodes or the outputs read. */
  liveConstants(): readonly Constant[] {
    const read = new Set(this.liveNodes().flatMap((node) => node.inputs));
    this.#outputs.forEach((output) => read.add(output.value));
    return this.#constants.filter((constant) => read.has(constant.value));
  }

  #value(name: string, type: ElementType, dims: readonly number[]): Value {
    if (this.#names.has(name)) {
      throw new GraphShapeError(`the graph already has a value named ${name}`);
    }
    if (dims.some((length) => !Number.isInteger(length) || length < 1)) {
      throw new GraphShapeError(
        `${name} would have dims ${formatDims(dims)}; every axis needs at least one element`,
      );
    }
    this.#names.add(name);
    return { name, type, dims };
  }
}

function constantType(data: ConstantData): ElementType {
  if (data instanceof Float32Array) {
    return 'float32';
  }
  if (data instanceof Float16Array) {
    return 'float16';
  }
  if (data instanceof BigInt64Array) {
    return 'int64';
  }
  return data instanceof Int32Array ? 'int32' : 'uint8';
}
