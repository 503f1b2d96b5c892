/**
 * One operator of a file against ONNX Runtime's own kernel of it: the forward pass, and the gradient along random directions
 * against differences of that kernel, by the input and by every parameter. In: a node, its tensors, the dims of its input.
 * Out: how far the two are apart, and what of the training graph has no kernel on CUDA, in float32 and in mixed precision.
 */
import { expect, test } from '@jest/globals';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { emitGradients } from '../../trainer-image/autodiff/backward.ts';
import { Tape } from '../../trainer-image/autodiff/tape.ts';
import { encodeModel } from '../../trainer-image/graph/encode.ts';
import { Graph } from '../../trainer-image/graph/graph.ts';
import type { GraphDevice } from '../../trainer-image/graph/graph.ts';
import { elementCount } from '../../trainer-image/graph/value.ts';
import type { FloatType } from '../../trainer-image/graph/value.ts';
import { storedInputs } from '../../trainer-image/models/forward.ts';
import { takeInventory } from '../../trainer-image/models/onnx/inventory.ts';
import type { Inventory } from '../../trainer-image/models/onnx/inventory.ts';
import { readModel } from '../../trainer-image/models/onnx/read-model.ts';
import { walkNetwork } from '../../trainer-image/models/onnx/walk.ts';
import { notOnCuda } from './cuda-placement.ts';
import { randomDirection } from './directional-difference.ts';
import { writeOnnxFile } from './onnx-file.ts';
import type { FileNode, FileTensor } from './onnx-file.ts';
import { OnnxOracle } from './onnx-oracle.ts';
import type { OracleTensor } from './onnx-oracle.ts';
import { LINEAR_STEP, SMOOTH_STEP } from './rule-cases.ts';

/** What is asked of an operator. The node, or the nodes in order, read `x` and write `y`. */
export interface OperatorCase {
  readonly nodes: FileNode | readonly FileNode[];
  readonly x: readonly number[];
  readonly tensors?: Readonly<Record<string, FileTensor>>;
  readonly opset?: number;
  /** What the options are, for the name of the test. */
  readonly note?: string;
  /** `distinct` numbers have no ties and lie far from 0 and from each other. */
  readonly values?: 'mixed' | 'positive' | 'distinct';
  /** `exact` when the operator is linear between the numbers that the differences are taken at. */
  readonly kind?: 'exact' | 'smooth';
  /** Off for what is no function that differences can be taken of. */
  readonly hasGradient?: boolean;
}

/** How x lies when it reaches the node: as the file has it, or, behind a convolution, with its channels first. */
type Entry = 'as written' | 'behind a convolution';

const FORWARD_TOLERANCE = 1e-5;
const GRADIENT_TOLERANCE = 5e-4;

export function testOperator(cases: readonly OperatorCase[]): void {
  const all = cases.flatMap((testCase) =>
    entriesOf(testCase.x).map((entry) => [describeCase(testCase, entry), testCase, entry] as const),
  );
  test.each(all)('%s', async (_, testCase, entry) => {
    const check = new OperatorCheck(testCase, entry);
    const { forward, largest } = await check.forward();
    expect(forward / largest).toBeLessThan(FORWARD_TOLERANCE);
    const gradients = testCase.hasGradient === false ? [] : await check.gradients();
    for (const { by, ours, theirs, scale } of gradients) {
      const isNear = Math.abs(ours - theirs) <= GRADIENT_TOLERANCE * Math.max(scale, 1e-3);
      expect({ by, error: isNear ? 0 : { ours, theirs, scale } }).toEqual({ by, error: 0 });
    }
    expect(check.notOnCuda('float32')).toEqual([]);
    expect(check.notOnCuda('float16')).toEqual([]);
  });
}

/** What a file with this node is refused with; null when it is not. */
export function refusalOf(testCase: OperatorCase): string | null {
  try {
    new OperatorCheck(testCase, 'as written').notOnCuda('float32');
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function entriesOf(dims: readonly number[]): readonly Entry[] {
  const isActivation = dims.length >= 4 && dims.length <= 5;
  return isActivation ? ['as written', 'behind a convolution'] : ['as written'];
}

function nodesOf({ nodes }: OperatorCase): readonly FileNode[] {
  return 'op' in nodes ? [nodes] : nodes;
}

function describeCase(testCase: OperatorCase, entry: Entry): string {
  const { x, note, opset } = testCase;
  const names = nodesOf(testCase)
    .map(({ op }) => op)
    .join(', ');
  return [`${names} of [${x.join(', ')}]`, note, opset && `opset ${opset}`, entry].filter(Boolean).join(', ');
}

interface GradientCheck {
  readonly by: string;
  readonly ours: number;
  readonly theirs: number;
  readonly scale: number;
}

class OperatorCheck {
  readonly #testCase: OperatorCase;
  readonly #tensors: Readonly<Record<string, FileTensor>>;
  readonly #nodes: readonly FileNode[];
  readonly #inventory: Inventory;
  /** Pixels of a row; the clip is one frame of one row. */
  readonly #width: number;
  readonly #clip: Float32Array;

  constructor(testCase: OperatorCase, entry: Entry) {
    this.#testCase = testCase;
    const { x, tensors = {} } = testCase;
    const count = elementCount(x);
    this.#width = Math.ceil(count / 3);
    this.#clip = numbersOf(3 * this.#width, testCase.values ?? 'mixed');
    const channels = x[1] ?? 1;
    const isBehind = entry === 'behind a convolution';
    const int = (data: readonly number[]): FileTensor => ({ type: 'int', dims: [data.length], data });
    this.#tensors = {
      ...tensors,
      'entry/all': int([-1]),
      'entry/from': int([0]),
      'entry/to': int([count]),
      'entry/dims': int(x),
      ...(isBehind
        ? {
            'entry.weight': {
              type: 'float',
              dims: [channels, channels, ...x.slice(2).map(() => 1)],
              data: identity(channels),
            },
          }
        : {}),
    };
    const entered = isBehind ? 'entered' : 'x';
    this.#nodes = [
      { op: 'Reshape', inputs: ['clip', 'entry/all'], outputs: ['entry/row'] },
      { op: 'Slice', inputs: ['entry/row', 'entry/from', 'entry/to'], outputs: ['entry/part'] },
      { op: 'Reshape', inputs: ['entry/part', 'entry/dims'], outputs: [entered] },
      ...(isBehind ? [{ op: 'Conv', inputs: ['entered', 'entry.weight'], outputs: ['x'] }] : []),
      ...nodesOf(testCase),
    ];
    const { model } = readModel(this.#bytes(), () => new Uint8Array());
    this.#inventory = takeInventory(model, { numClasses: 1, frozen: ['entry'] });
  }

  /** Largest difference to ONNX Runtime's kernel, and the largest number it gives. */
  async forward(): Promise<{ readonly forward: number; readonly largest: number }> {
    const expected = await this.#theirs(this.#clip, {});
    const ours = (await this.#ours())('output');
    expect(ours).toHaveLength(expected.length);
    const differences = expected.map((value, index) =>
      value === ours[index]! ? 0 : Math.abs(value - ours[index]!),
    );
    return { forward: Math.max(...differences), largest: Math.max(1e-3, ...expected.map(Math.abs)) };
  }

  /** The derivative along a random direction by the input and by every parameter. */
  async gradients(): Promise<readonly GradientCheck[]> {
    const results = await this.#ours();
    const weights = randomDirection(results('output').length, 3);
    const checks: GradientCheck[] = [];
    for (const by of ['clip', ...this.#inventory.parameters.map(({ name }) => name)]) {
      const start = by === 'clip' ? this.#clip : Float32Array.from(this.#tensors[by]!.data);
      const direction = randomDirection(start.length, 11 + checks.length);
      const step = this.#testCase.kind === 'exact' ? LINEAR_STEP / 4 : SMOOTH_STEP;
      const lossAt = async (distance: number): Promise<number> => {
        const moved = start.map((value, index) => value + distance * direction[index]!);
        const output = by === 'clip' ? this.#theirs(moved, {}) : this.#theirs(this.#clip, { [by]: moved });
        return dot(await output, weights);
      };
      const near = (await lossAt(step / 2)) - (await lossAt(-step / 2));
      const far = (await lossAt(step)) - (await lossAt(-step));
      const gradient = results(`gradient/${by}`);
      const terms = gradient.map((value, index) => (value * direction[index]!) ** 2);
      checks.push({
        by,
        ours: dot(gradient, direction),
        theirs: (8 * near - far) / (6 * step),
        scale: Math.sqrt(terms.reduce((sum, term) => sum + term, 0)),
      });
    }
    return checks;
  }

  notOnCuda(activations: FloatType): readonly string[] {
    return notOnCuda(this.#graph('cuda', activations).model);
  }

  async #theirs(clip: Float32Array, changed: Readonly<Record<string, Float32Array>>): Promise<Float32Array> {
    const oracle = await OnnxOracle.load(this.#bytes(changed));
    // The file's clip lies colour by colour; one frame of one row.
    const results = await oracle.run(new Map([['clip', { data: clip, dims: [1, 3, 1, 1, this.#width] }]]));
    await oracle.release();
    return results.get('y')!;
  }

  async #ours(): Promise<(name: string) => Float32Array> {
    const { model, outputDims } = this.#graph('cpu', 'float32');
    const oracle = await OnnxOracle.load(model);
    const pixels = Float32Array.from(
      this.#clip,
      (_, index) => this.#clip[(index % 3) * this.#width + Math.floor(index / 3)]!,
    );
    const feeds = new Map<string, OracleTensor>([
      ['pixels', { data: pixels, dims: [1, 1, 1, 1, 3 * this.#width] }],
      ['weights', { data: randomDirection(elementCount(outputDims), 3), dims: outputDims }],
    ]);
    for (const { name, dims } of this.#inventory.parameters) {
      feeds.set(name, { data: Float32Array.from(this.#tensors[name]!.data), dims });
    }
    for (const { name, source, dims } of this.#inventory.frozen) {
      feeds.set(name, { data: Float32Array.from(this.#tensors[source]!.data), dims });
    }
    const results = await oracle.run(
      new Map([...feeds].filter(([name]) => oracle.inputNames.includes(name))),
    );
    await oracle.release();
    return (name) => (name === 'gradient/clip' ? this.#byColour(results.get(name)!) : results.get(name)!);
  }

  #byColour(pixels: Float32Array): Float32Array {
    return pixels.map((_, index) => pixels[(index % this.#width) * 3 + Math.floor(index / this.#width)]!);
  }

  /** Output and gradients of the sum of the outputs times `weights`. */
  #graph(
    device: GraphDevice,
    activations: FloatType,
  ): { readonly model: Uint8Array; readonly outputDims: readonly number[] } {
    const graph = new Graph(device);
    const tape = new Tape(graph);
    const pixels = graph.input('pixels', 'float32', [1, 1, 1, 1, 3 * this.#width]);
    const { output: entered } = tape.apply('cast', 'clip', [pixels], { type: activations });
    const stored = storedInputs(graph, this.#inventory);
    const walked = walkNetwork(tape, this.#inventory, entered, {
      clipAxes: 'NCTHW',
      activations,
      stored,
      normalize: (name, [x, gamma, beta], epsilon) =>
        tape.apply('batchNorm', name, [x, gamma, beta], { groups: 1, epsilon }).output,
      dropout: (features) => features,
    });
    const { output } = tape.apply('cast', 'output', [walked], { type: 'float32' });
    graph.output('output', output);
    if (this.#testCase.hasGradient !== false) {
      const weights = graph.input('weights', 'float32', output.dims);
      const weighted = tape.apply('multiply', 'loss', [output, weights], {}).output;
      const flat = tape.apply('reshape', 'loss', [weighted], { dims: [elementCount(output.dims)] }).output;
      const { output: loss } = tape.apply('sumOver', 'loss', [flat], { axes: [0], keepAxes: false });
      const parameters = this.#inventory.parameters.map(({ name }) => name);
      const names = ['clip', ...parameters];
      emitGradients(tape, loss, [pixels, ...parameters.map(stored)]).forEach((gradient, index) => {
        graph.output(`gradient/${names[index]!}`, gradient);
      });
    }
    return { model: encodeModel(graph, { graphName: 'operator' }), outputDims: output.dims };
  }

  #bytes(changed: Readonly<Record<string, Float32Array>> = {}): Uint8Array {
    const tensors = Object.entries(this.#tensors).map(([name, tensor]) => [
      name,
      { ...tensor, data: changed[name] ?? tensor.data },
    ]);
    const { opset = 21 } = this.#testCase;
    const named = Object.fromEntries(tensors) as Readonly<Record<string, FileTensor>>;
    return writeOnnxFile({ opset, nodes: this.#nodes, tensors: named, output: 'y' });
  }
}

/** Numbers of the clip; distinct ones are multiples of a half in random order, none of them 0. */
function numbersOf(count: number, values: NonNullable<OperatorCase['values']>): Float32Array {
  const mixed = randomDirection(count, 5);
  switch (values) {
    case 'mixed':
      return mixed;
    case 'positive':
      return mixed.map((value) => 1.25 + value / 2);
    case 'distinct': {
      const order = [...mixed.keys()].sort((a, b) => mixed[a]! - mixed[b]! || a - b);
      const result = new Float32Array(count);
      order.forEach((index, rank) => {
        result[index] = rank - Math.floor(count / 2) + 0.5;
      });
      return result;
    }
  }
}

function identity(channels: number): readonly number[] {
  return Array.from({ length: channels ** 2 }, (_, index) => (index % (channels + 1) === 0 ? 1 : 0));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

/** Numbers in [-spread, spread] around a middle. */
export function floats(dims: readonly number[], seed: number, middle = 0): FileTensor {
  const data = randomDirection(elementCount(dims), 20 + seed).map((value) => middle + value / 2);
  return { type: 'float', dims, data };
}

export function integers(data: readonly number[]): FileTensor {
  return { type: 'int', dims: [data.length], data };
}

export function booleans(dims: readonly number[], data: readonly number[]): FileTensor {
  return { type: 'bool', dims, data };
}
