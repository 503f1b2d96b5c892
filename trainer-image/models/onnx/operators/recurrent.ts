/**
 * LSTM, GRU and RNN, unrolled over their steps. In: nodes on `[T, N, features]`, as networks that read features frame by
 * frame end. Out: for every direction one product of all inputs with the weights, then a product and the gates for every
 * step. Activations are the default ones, or ReLU in a plain RNN; sequences
 * are all as long as T.
 */
import { elementCount, formatDims } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import { knownTensor } from '../known-tensor.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { required } from './elementwise.ts';
import { CELLS } from './recurrent-cells.ts';
import type { Cell, CellState } from './recurrent-cells.ts';
import { knownList } from './shape.ts';

/** Steps that are unrolled; a graph of more would take minutes to be made. */
const MOST_STEPS = 2048;

interface Sizes {
  readonly steps: number;
  readonly clips: number;
  readonly hidden: number;
  readonly directions: number;
}

const DIRECTIONS: ReadonlyMap<string, readonly ('forward' | 'reverse')[]> = new Map([
  ['forward', ['forward']],
  ['reverse', ['reverse']],
  ['bidirectional', ['forward', 'reverse']],
]);

/** Positions of the inputs after X, W, R and B. */
const [LENGTHS, INITIAL_HIDDEN, INITIAL_CELL, PEEPHOLES] = [4, 5, 6, 7];

export const recurrent = {
  LSTM: recurrentHandler(CELLS.LSTM),
  GRU: recurrentHandler(CELLS.GRU),
  RNN: recurrentHandler(CELLS.RNN),
} satisfies Readonly<Record<string, Handler>>;

function recurrentHandler(cell: Cell): Handler {
  return {
    limits: 'default activations (RNN: Relu too); without clip, peepholes and sequences of different lengths',
    differentiable: [0, 1, 2, 3, 5, 6],
    emit: (walk, node, inputs) => {
      const directions = DIRECTIONS.get(node.string('direction', 'forward'));
      if (directions === undefined) {
        throw node.refuse(`direction ${node.string('direction', 'forward')} is none`);
      }
      const sizes = sizesOf(node, inputs, cell, directions.length);
      requireDefaults(node, inputs, sizes, cell);
      const runs = directions.map((direction, index) =>
        runAlong(walk, node, inputs, { cell, sizes, index, isReverse: direction === 'reverse' }),
      );
      const joined = (parts: readonly Value[], axis: number): Operand =>
        computed(walk.apply('concat', parts, { axis }).output);
      const states = [
        joined(
          runs.map(({ all }) => all),
          1,
        ),
        joined(
          runs.map(({ last }) => withAxis(walk, last.hidden, 1)),
          0,
        ),
      ];
      const cells = runs.flatMap(({ last }) => (last.cell === null ? [] : [withAxis(walk, last.cell, 1)]));
      return cells.length === 0 ? states : [...states, joined(cells, 0)];
    },
  };
}

function sizesOf(node: NodeReader, inputs: Inputs, { gates }: Cell, directions: number): Sizes {
  const [x, w, r] = [0, 1, 2].map((position) => dimsOf(required(node, inputs, position)));
  const [steps, clips, features] = x!;
  const hidden = node.int('hidden_size', r!.at(-1) ?? 0);
  const isFitting =
    x!.length === 3 &&
    w!.join() === [directions, gates * hidden, features].join() &&
    r!.join() === [directions, gates * hidden, hidden].join();
  if (steps === undefined || clips === undefined || !isFitting) {
    throw node.refuse(
      `input ${formatDims(x!)}, weights ${formatDims(w!)} and ${formatDims(r!)} do not fit ${hidden} hidden numbers`,
    );
  }
  return { steps, clips, hidden, directions };
}

function requireDefaults(node: NodeReader, inputs: Inputs, { steps }: Sizes, { activations }: Cell): void {
  const named = node.strings('activations') ?? [];
  const isOther = named.some((name, index) => !activations[index % activations.length]!.includes(name));
  const lengths = inputs[LENGTHS] === undefined ? [] : (knownList(node, inputs, LENGTHS) ?? []);
  const refused: readonly (readonly [boolean, string])[] = [
    [steps > MOST_STEPS, `${steps} steps are more than ${MOST_STEPS}, which are unrolled`],
    [isOther, `activations ${named.join(', ')} are not supported; the default ones are`],
    [new Set(named).size > activations.length, 'activations that differ by direction are not supported'],
    [node.node.attributes.has('clip'), 'clip is not supported'],
    [node.int('input_forget', 0) !== 0, 'input_forget is not supported'],
    [node.int('layout', 0) !== 0, 'layout 1 is not supported; put the steps first'],
    [inputs[PEEPHOLES] !== undefined, 'peepholes are not supported'],
    [lengths.some((length) => length !== steps), 'sequences of different lengths are not supported'],
  ];
  const [, why] = refused.find(([isWrong]) => isWrong) ?? [];
  if (why !== undefined) {
    throw node.refuse(why);
  }
}

interface Direction {
  readonly cell: Cell;
  readonly sizes: Sizes;
  readonly index: number;
  readonly isReverse: boolean;
}

interface Run {
  /** `[T, 1, N, hidden]` */
  readonly all: Value;
  readonly last: CellState;
}

function runAlong(walk: Walk, node: NodeReader, inputs: Inputs, direction: Direction): Run {
  const { cell, sizes, index, isReverse } = direction;
  const { steps, clips, hidden } = sizes;
  const part = (position: number, dims: readonly number[]): Value =>
    partOf(walk, required(node, inputs, position), index, dims);
  const initial = (position: number): Value =>
    inputs[position] === undefined ? zeros(walk, [clips, hidden]) : part(position, [clips, hidden]);
  const x = walk.value(required(node, inputs, 0), 'asWritten');
  const weights = part(1, [cell.gates * hidden, x.dims[2]!]);
  const recurrence = part(2, [cell.gates * hidden, hidden]);
  const biases =
    inputs[3] === undefined ? zeros(walk, [2, cell.gates * hidden]) : part(3, [2, cell.gates * hidden]);
  const row = (position: number): Value => partOf(walk, computed(biases), position, [cell.gates * hidden]);
  const product = walk.apply('matrixMultiply', [x, weights], { transposeB: true }).output;
  const fromInputs = walk.apply('add', [product, row(0)], {}).output;
  const advance = cell.step(walk, node, { recurrence, bias: row(1), hidden });
  let state: CellState = {
    hidden: initial(INITIAL_HIDDEN),
    cell: cell.hasCell ? initial(INITIAL_CELL) : null,
  };
  const outputs: Value[] = [];
  for (let step = 0; step < steps; step += 1) {
    const at = isReverse ? steps - 1 - step : step;
    state = advance(partOf(walk, computed(fromInputs), at, [clips, cell.gates * hidden]), state);
    outputs.push(withAxis(walk, state.hidden, 2));
  }
  const inOrder = isReverse ? outputs.toReversed() : outputs;
  return { all: walk.apply('concat', inOrder, { axis: 0 }).output, last: state };
}

/** One element along the first axis, under other dims. */
function partOf(walk: Walk, x: Operand, index: number, dims: readonly number[]): Value {
  const ranges = [{ axis: 0, start: index, end: index + 1 }];
  const { output } = walk.apply('slice', [walk.value(x, 'asWritten')], { ranges });
  return walk.apply('reshape', [output], { dims }).output;
}

/** Behind axes of length 1. */
function withAxis(walk: Walk, x: Value, count: number): Value {
  return walk.apply('reshape', [x], { dims: [...new Array<number>(count).fill(1), ...x.dims] }).output;
}

function zeros(walk: Walk, dims: readonly number[]): Value {
  const tensor = knownTensor('float', [elementCount(dims)], () => 0);
  return walk.value({ kind: 'known', tensor: { ...tensor, dims } }, 'asWritten');
}
