/**
 * What an operator of a file becomes. A handler folds known numbers, or applies operations of our tape. In: a node and
 * its operands. Out: its results. `operators.ts` lists all handlers.
 */
import type { OperationName, Operations } from '../../autodiff/rules.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { KnownTensor } from './known-tensor.ts';
import type { NodeReader } from './node-reader.ts';
import type { Layout, Operand } from './operand.ts';

/** What a handler may do while it is asked. */
export interface Walk {
  readonly graph: Graph;
  /** Clips of the run. */
  readonly clips: number;
  /** Clips the file was exported with; null when the axis is free. */
  readonly exportedClips: number | null;
  /** Whether the node's inputs depend on the clip; what depends on parameters alone is the same for any number of clips. */
  readonly isOfClip: boolean;
  /** Applies an operation under the node's name. */
  apply<Name extends OperationName>(
    operation: Name,
    inputs: Operations[Name]['inputs'],
    options: Operations[Name]['options'],
  ): Operations[Name]['result'];
  /** The operand as a value of the graph in a layout; known numbers become a constant. */
  value(operand: Operand, layout: Layout): Value;
  /** Normalises activations `[C, N, T, H, W]` with the statistics of training or of the population. */
  normalize(inputs: readonly [x: Value, gamma: Value, beta: Value], epsilon: number): Value;
  /** Drops features `[N, ..., F]` when this node is the classifier; otherwise gives x back. */
  beforeClassifier(x: Value): Value;
  /** Remembers that a value is another one with its last two axes exchanged. */
  noteTranspose(transposed: Value, source: Value): void;
  /** The value that x is, with its last two axes exchanged; null when x is no such transpose. */
  transposeOf(x: Value): Value | null;
}

/** Inputs of a node; undefined where an optional one is left out. */
export type Inputs = readonly (Operand | undefined)[];
export type KnownInputs = readonly (KnownTensor | undefined)[];

export interface Handler {
  /** What of the operator is not supported, in words for `multigrid operators`; `''` when everything is. */
  readonly limits: string;
  /**
   * Inputs that gradients flow through, by position, or all: a float tensor of the file that feeds one of them is a
   * parameter.
   */
  readonly differentiable: readonly number[] | 'all';
  /** Inputs of which a stored tensor is a weight, whatever its name. */
  readonly weights?: readonly number[];
  /** Computes results from known numbers; used when all inputs are known. */
  readonly fold?: (node: NodeReader, inputs: KnownInputs) => readonly KnownTensor[];
  /** Emits the operator; absent for those that only make sense on known numbers. */
  readonly emit?: (walk: Walk, node: NodeReader, inputs: Inputs) => readonly Operand[];
}
