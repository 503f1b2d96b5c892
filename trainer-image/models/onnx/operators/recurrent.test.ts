/** Recurrent networks against ONNX Runtime's kernels, in every direction, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { floats, integers, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const GATES = { LSTM: 4, GRU: 3, RNN: 1 };
const [STEPS, CLIPS, FEATURES, HIDDEN] = [4, 2, 3, 5];

interface Form {
  readonly direction?: 'forward' | 'reverse' | 'bidirectional';
  readonly hasState?: boolean;
  readonly output?: number;
  readonly ints?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly activations?: readonly string[];
}

function stateOf(op: keyof typeof GATES, directions: number): NonNullable<OperatorCase['tensors']> {
  const hidden = floats([directions, CLIPS, HIDDEN], 4);
  return op === 'LSTM'
    ? { 'state.h': hidden, 'state.c': floats([directions, CLIPS, HIDDEN], 5) }
    : { 'state.h': hidden };
}

const PLAIN: Required<Form> = {
  direction: 'forward',
  hasState: false,
  output: 0,
  ints: {},
  floats: {},
  activations: [],
};

function recurrent(op: keyof typeof GATES, form: Form = {}): OperatorCase {
  const { direction, hasState, output, ints, floats: numbers, activations } = { ...PLAIN, ...form };
  const directions = direction === 'bidirectional' ? 2 : 1;
  const rows = GATES[op] * HIDDEN;
  const state = ['', 'state.h', ...(op === 'LSTM' ? ['state.c'] : [])];
  return {
    nodes: {
      op,
      inputs: ['x', 'layer.w', 'layer.r', 'layer.b', ...(hasState ? state : [])],
      outputs: ['', '', ''].slice(0, op === 'LSTM' ? 3 : 2).with(output, 'y'),
      ints: { hidden_size: HIDDEN, ...ints },
      strings: activations.length === 0 ? { direction } : { direction, activations },
      floats: numbers,
    },
    x: [STEPS, CLIPS, FEATURES],
    tensors: {
      'layer.w': floats([directions, rows, FEATURES], 1),
      'layer.r': floats([directions, rows, HIDDEN], 2),
      'layer.b': floats([directions, 2 * rows], 3),
      ...(hasState ? stateOf(op, directions) : {}),
    },
    note: JSON.stringify(form),
  };
}

describe('recurrent networks', () => {
  testOperator([
    ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((op) => [
      recurrent(op),
      recurrent(op, { direction: 'reverse' }),
      recurrent(op, { direction: 'bidirectional', hasState: true }),
      recurrent(op, { direction: 'bidirectional', output: 1 }),
    ]),
    recurrent('LSTM', { output: 2, hasState: true }),
    recurrent('GRU', { ints: { linear_before_reset: 1 } }),
    // Differences of a ReLU cross its corner.
    { ...recurrent('RNN', { activations: ['Relu'], direction: 'reverse' }), hasGradient: false },
    recurrent('LSTM', { activations: ['Sigmoid', 'Tanh', 'Tanh'] }),
  ]);

  test('with what is not supported are refused by the name of the node', () => {
    expect(refusalOf(recurrent('LSTM', { floats: { clip: 3 } }))).toContain(
      'node "LSTM_3" (LSTM): clip is not supported',
    );
    expect(refusalOf(recurrent('LSTM', { activations: ['Sigmoid', 'Relu', 'Tanh'] }))).toContain(
      'activations Sigmoid, Relu, Tanh are not supported',
    );
    expect(refusalOf(recurrent('GRU', { ints: { layout: 1 } }))).toContain('layout 1 is not supported');
    const uneven = recurrent('RNN', { hasState: true });
    const lengths = { ...uneven.tensors, lengths: integers([4, 3]) };
    const nodes = [uneven.nodes].flat().map((node) => ({ ...node, inputs: node.inputs.with(4, 'lengths') }));
    expect(refusalOf({ ...uneven, nodes, tensors: lengths })).toContain(
      'sequences of different lengths are not supported',
    );
    expect(refusalOf({ ...recurrent('RNN'), x: [4, 2, 2] })).toContain('do not fit 5 hidden numbers');
  });
});
