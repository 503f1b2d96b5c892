/**
 * From an inventory to operations on a tape, for one shape. In: nodes in order, the clip, and the two choices in which
 * training and evaluation differ. Out: logits `[N, K]`. Everything that is known at that shape (lengths, indices, masks) is
 * computed on the way, so that free axes of the file need no dynamic graph.
 */
import { elementCount } from '../../graph/value.ts';
import type { Tape } from '../../autodiff/tape.ts';
import { compare } from '../../graph/elementwise.ts';
import type { FloatType, Value } from '../../graph/value.ts';
import type { ClipAxes } from '../export-frame.ts';
import type { ForwardChoices } from '../forward.ts';
import { OnnxUnsupportedError } from './errors.ts';
import type { Inputs, Walk } from './handler.ts';
import type { Inventory } from './inventory.ts';
import { pickElements } from './known-tensor.ts';
import type { KnownTensor } from './known-tensor.ts';
import type { OnnxNode } from './model.ts';
import { NORMALIZING } from './normalizations.ts';
import { NodeReader } from './node-reader.ts';
import { firstTwoExchanged, ListOperandError } from './operand.ts';
import type { Layout, Operand } from './operand.ts';
import { OPERATORS } from './operators.ts';

export interface WalkOptions extends Pick<ForwardChoices, 'activations' | 'normalize'> {
  /** The input of the graph that a parameter or a frozen tensor is. */
  readonly stored: (name: string) => Value;
  /** Applied to the features `[N, ..., F]` before the classifier. */
  readonly dropout: (features: Value) => Value;
  readonly clipAxes: ClipAxes;
}

/**
 * @param pixels the normalised clip, `[1, N, T, H, 3 * W]`.
 * @throws OnnxUnsupportedError, or GraphShapeError naming the node, when the shape does not fit the network.
 */
export function walkNetwork(tape: Tape, inventory: Inventory, pixels: Value, options: WalkOptions): Value {
  return new NetworkWalk(tape, inventory, options).run(pixels);
}

class NetworkWalk {
  readonly #tape: Tape;
  readonly #inventory: Inventory;
  readonly #options: WalkOptions;
  readonly #operands = new Map<string, Operand>();
  readonly #transposes = new Map<Value, Value>();
  /** Names of values that depend on the clip. */
  readonly #ofClip = new Set<string>();

  constructor(tape: Tape, inventory: Inventory, options: WalkOptions) {
    this.#tape = tape;
    this.#inventory = inventory;
    this.#options = options;
  }

  run(pixels: Value): Value {
    const { model, nodes, logits } = this.#inventory;
    const clip = clipOperand(pixels, this.#options.clipAxes);
    this.#operands.set(model.input.name, clip);
    this.#ofClip.add(model.input.name);
    const clips = clip.dims[0]!;
    for (const node of nodes) {
      const results = this.#visit(node, clips);
      node.outputs.forEach((name, index) => {
        const result = results[index];
        if (result !== undefined) {
          this.#operands.set(name, result);
          this.#noteSource(node, name, result);
        }
      });
    }
    const result = this.#operands.get(logits);
    if (result === undefined) {
      throw new OnnxUnsupportedError(`nothing computes ${JSON.stringify(logits)}, the logits`);
    }
    return this.#nodeWalk(lastOf(nodes), clips).value(result, 'asWritten');
  }

  #noteSource(node: OnnxNode, name: string, result: Operand): void {
    if (result.kind !== 'known' && node.inputs.some((input) => this.#ofClip.has(input))) {
      this.#ofClip.add(name);
    }
  }

  #visit(node: OnnxNode, clips: number): readonly Operand[] {
    const handler = OPERATORS.get(node.operator)!;
    const reader = new NodeReader(node, this.#inventory.model.opset);
    const inputs = node.inputs.map((name, position) => this.#input(reader, name, position));
    try {
      const known = allKnown(inputs);
      if (known !== null && handler.fold !== undefined) {
        return handler.fold(reader, known).map((tensor) => ({ kind: 'known', tensor }));
      }
      if (handler.emit === undefined) {
        throw reader.refuse(
          "its inputs must be known while the graph is built; they depend on the clip's pixels",
        );
      }
      return handler.emit(this.#nodeWalk(node, clips), reader, inputs);
    } catch (error) {
      throw placed(error, reader);
    }
  }

  #input(reader: NodeReader, name: string, position: number): Operand | undefined {
    if (name === '') {
      return undefined;
    }
    const read = this.#inventory.readings.get(reader.node)?.get(position) ?? this.#parameterFrom(name);
    if (read !== undefined) {
      const type = NORMALIZING.has(reader.node.operator) ? 'float32' : this.#options.activations;
      const { output } = this.#tape.apply('cast', reader.node.name, [this.#options.stored(read)], { type });
      return { kind: 'computed', value: output, layout: 'asWritten' };
    }
    const made = this.#operands.get(name);
    if (made !== undefined) {
      return made;
    }
    const stored = this.#inventory.model.initializers.get(name);
    if (stored === undefined) {
      throw reader.refuse(`it reads ${JSON.stringify(name)}, an output that is not supported`);
    }
    const { type, dims, data } = stored;
    return { kind: 'known', tensor: { type, dims, data: data ?? this.#placeholder(reader, name, dims) } };
  }

  /** Statistics of batch norm may be stored without numbers: training takes those of the batch. */
  #placeholder(reader: NodeReader, name: string, dims: readonly number[]): Float64Array {
    const isHarmless = ['BatchNormalization', 'Identity'].includes(reader.node.operator);
    if (!isHarmless) {
      throw reader.refuse(`tensor ${JSON.stringify(name)} holds no numbers`);
    }
    return new Float64Array(elementCount(dims));
  }

  /** The parameter that a stored tensor has become, for nodes that look at it without a gradient, such as Shape. */
  #parameterFrom(source: string): string | undefined {
    return this.#inventory.parameters.find((parameter) => parameter.source === source)?.name;
  }

  /** The walk as the handler of one node sees it. */
  #nodeWalk(node: OnnxNode, clips: number): Walk {
    const tape = this.#tape;
    const { model, normalizations, classifier } = this.#inventory;
    const exported = model.input.dims[0];
    const walk: Walk = {
      graph: tape.graph,
      clips,
      exportedClips: typeof exported === 'number' ? exported : null,
      isOfClip: node.inputs.some((name) => this.#ofClip.has(name)),
      apply: (operation, inputs, options) => tape.apply(operation, node.name, inputs, options),
      value: (operand, layout) =>
        tape.graph.scoped(node.name, () => asValue(walk, operand, layout, this.#options.activations)),
      normalize: (inputs, epsilon) =>
        this.#options.normalize(normalizations.get(node)?.name ?? node.name, inputs, epsilon),
      beforeClassifier: (x) => (node === classifier?.node ? this.#options.dropout(x) : x),
      noteTranspose: (transposed, source) => {
        this.#transposes.set(transposed, source);
      },
      transposeOf: (x) => this.#transposes.get(x) ?? null,
    };
    return walk;
  }
}

function lastOf(nodes: readonly OnnxNode[]): OnnxNode {
  const last = nodes.at(-1);
  if (last === undefined) {
    throw new OnnxUnsupportedError('the network has no nodes');
  }
  return last;
}

function clipOperand(pixels: Value, axes: ClipAxes): Extract<Operand, { kind: 'clip' }> {
  const [, clips, frames, height, row] = pixels.dims;
  const [n, t, h, w] = [clips!, frames!, height!, row! / 3];
  return { kind: 'clip', pixels, axes, dims: axes === 'NCTHW' ? [n, 3, t, h, w] : [n, t, 3, h, w] };
}

function allKnown(inputs: Inputs): readonly (KnownTensor | undefined)[] | null {
  const known = inputs.map((input) => (input?.kind === 'known' ? input.tensor : undefined));
  return inputs.every((input) => input === undefined || input.kind === 'known') ? known : null;
}

function asValue(walk: Walk, operand: Operand, layout: Layout, type: FloatType): Value {
  switch (operand.kind) {
    case 'known':
      return constant(walk, layout === 'asWritten' ? operand.tensor : exchanged(operand.tensor), type);
    case 'clip':
      return clipValue(walk, operand, layout);
    case 'list':
      throw new ListOperandError();
    case 'computed':
      return operand.layout === layout ? operand.value : exchangeFirstTwo(walk, operand.value);
  }
}

function constant(walk: Walk, { type: kind, dims, data }: KnownTensor, type: FloatType): Value {
  const { graph } = walk;
  if (kind === 'bool') {
    return compare(graph, 'Greater', graph.constant(Float32Array.from(data), dims), graph.scalar(0));
  }
  return graph.constant(type === 'float16' ? Float16Array.from(data) : Float32Array.from(data), dims);
}

function exchanged(tensor: KnownTensor): KnownTensor {
  return pickElements(tensor, firstTwoExchanged(tensor.dims), firstTwoExchanged);
}

function clipValue(walk: Walk, clip: Extract<Operand, { kind: 'clip' }>, layout: Layout): Value {
  const [, clips, frames, height, row] = clip.pixels.dims;
  const pixels = walk.apply('reshape', [clip.pixels], {
    dims: [clips!, frames!, height!, row! / 3, 3],
  }).output;
  const asWritten = clip.axes === 'NCTHW' ? [0, 4, 1, 2, 3] : [0, 1, 4, 2, 3];
  const permutation = layout === 'asWritten' ? asWritten : firstTwoExchanged(asWritten);
  return walk.apply('transpose', [pixels], { permutation }).output;
}

function exchangeFirstTwo(walk: Walk, x: Value): Value {
  const dims = firstTwoExchanged(x.dims);
  if (x.dims[0] === 1 || x.dims[1] === 1) {
    return walk.apply('reshape', [x], { dims }).output;
  }
  const permutation = firstTwoExchanged(x.dims.map((_, axis) => axis));
  return walk.apply('transpose', [x], { permutation }).output;
}

/**
 * The same error with the node's name, where it does not name one yet. Whatever a damaged file makes a handler stumble over
 * is the file's fault, and said with the node it happened at.
 */
function placed(error: unknown, reader: NodeReader): unknown {
  if (
    !(error instanceof Error) ||
    (error instanceof OnnxUnsupportedError && error.message.startsWith('node'))
  ) {
    return error;
  }
  const inputs = reader.node.inputs.map((name) => JSON.stringify(name)).join(', ');
  const refused = reader.refuse(`${error.message} (inputs ${inputs})`);
  refused.cause = error;
  return refused;
}
