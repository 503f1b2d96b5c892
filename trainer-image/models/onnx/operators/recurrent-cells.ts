/**
 * One step of an LSTM, a GRU and a plain recurrent network, by ONNX's equations and with its order of gates. In: what the
 * input contributes to every gate, `[N, gates * hidden]`, and the state. Out: the next state. `recurrent.ts` unrolls them.
 */
import type { Value } from '../../../graph/value.ts';
import type { Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { scalar } from './elementwise.ts';

export interface CellState {
  /** `[N, hidden]` */
  readonly hidden: Value;
  /** Of an LSTM. */
  readonly cell: Value | null;
}

export interface Recurrence {
  /** `[gates * hidden, hidden]` */
  readonly recurrence: Value;
  /** `[gates * hidden]` */
  readonly bias: Value;
  readonly hidden: number;
}

export interface Cell {
  readonly gates: number;
  readonly hasCell: boolean;
  /** What each of its functions may be; the first is the default. */
  readonly activations: readonly (readonly string[])[];
  readonly step: (
    walk: Walk,
    node: NodeReader,
    recurrence: Recurrence,
  ) => (fromInput: Value, state: CellState) => CellState;
}

function add(walk: Walk, a: Value, b: Value): Value {
  return walk.apply('add', [a, b], {}).output;
}

function multiply(walk: Walk, a: Value, b: Value): Value {
  return walk.apply('multiply', [a, b], {}).output;
}

/** What the state contributes to gates. */
function fromState(walk: Walk, state: Value, { recurrence, bias }: Omit<Recurrence, 'hidden'>): Value {
  const { output } = walk.apply('matrixMultiply', [state, recurrence], { transposeB: true });
  return add(walk, output, bias);
}

/** Some gates of `[N, gates * hidden]`, or of weights whose first axis they are. */
function gatesOf(walk: Walk, x: Value, axis: number, [start, end]: readonly [number, number]): Value {
  return walk.apply('slice', [x], { ranges: [{ axis, start, end }] }).output;
}

/** Gates i, o, f, c: C' = f C + i c, H' = o tanh(C'). */
const lstm: Cell = {
  gates: 4,
  hasCell: true,
  activations: [['Sigmoid'], ['Tanh'], ['Tanh']],
  step: (walk, _node, recurrence) => (fromInput, state) => {
    const { hidden } = recurrence;
    const all = add(walk, fromInput, fromState(walk, state.hidden, recurrence));
    const { output: open } = walk.apply('sigmoid', [gatesOf(walk, all, 1, [0, 3 * hidden])], {});
    const gate = (index: number): Value => gatesOf(walk, open, 1, [index * hidden, (index + 1) * hidden]);
    const { output: fresh } = walk.apply('tanh', [gatesOf(walk, all, 1, [3 * hidden, 4 * hidden])], {});
    const kept = state.cell === null ? null : multiply(walk, gate(2), state.cell);
    const taken = multiply(walk, gate(0), fresh);
    const cell = kept === null ? taken : add(walk, kept, taken);
    return { cell, hidden: multiply(walk, gate(1), walk.apply('tanh', [cell], {}).output) };
  },
};

/** Gates z, r, h: H' = (1 - z) h + z H, where r scales what h sees of the state: after its product, or before. */
const gru: Cell = {
  gates: 3,
  hasCell: false,
  activations: [['Sigmoid'], ['Tanh']],
  step: (walk, node, { recurrence, bias, hidden }) => {
    const isAfter = node.int('linear_before_reset', 0) === 1;
    const part = (range: readonly [number, number]): Omit<Recurrence, 'hidden'> => ({
      recurrence: gatesOf(walk, recurrence, 0, range),
      bias: gatesOf(walk, bias, 0, range),
    });
    const [gates, candidate] = [part([0, 2 * hidden]), part([2 * hidden, 3 * hidden])];
    return (fromInput, state) => {
      const both = add(
        walk,
        gatesOf(walk, fromInput, 1, [0, 2 * hidden]),
        fromState(walk, state.hidden, gates),
      );
      const { output: open } = walk.apply('sigmoid', [both], {});
      const [z, r] = [gatesOf(walk, open, 1, [0, hidden]), gatesOf(walk, open, 1, [hidden, 2 * hidden])];
      const seen = isAfter
        ? multiply(walk, r, fromState(walk, state.hidden, candidate))
        : fromState(walk, multiply(walk, r, state.hidden), candidate);
      const sum = add(walk, gatesOf(walk, fromInput, 1, [2 * hidden, 3 * hidden]), seen);
      const { output: fresh } = walk.apply('tanh', [sum], {});
      const { output: rest } = walk.apply('subtract', [scalar(walk, 1), z], {});
      return { cell: null, hidden: add(walk, multiply(walk, rest, fresh), multiply(walk, z, state.hidden)) };
    };
  },
};

/** H' = tanh of the sum, or what of it is positive. */
const rnn: Cell = {
  gates: 1,
  hasCell: false,
  activations: [['Tanh', 'Relu']],
  step: (walk, node, recurrence) => (fromInput, state) => {
    const sum = add(walk, fromInput, fromState(walk, state.hidden, recurrence));
    const activation = node.strings('activations')?.[0] === 'Relu' ? 'relu' : 'tanh';
    return { cell: null, hidden: walk.apply(activation, [sum], {}).output };
  },
};

export const CELLS = { LSTM: lstm, GRU: gru, RNN: rnn };
