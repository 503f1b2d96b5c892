/**
 * What an optimizer is: what it remembers of every parameter, and its update as operators of a graph. In: nothing. Out: types.
 * Where the numbers lie, in which pieces and on which device they are updated, is the parameter store's concern; an optimizer is
 * one function over vectors.
 */
import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';

/** One update of all parameters. */
export interface UpdateStep {
  readonly learningRate: number;
  /** Updates before this one. */
  readonly iteration: number;
}

/** A stretch of the parameters, float32 `[length]` each; scalars are float32 `[]`. */
export interface UpdateValues {
  readonly parameter: Value;
  /** Mean over the batch; weight decay is not in it. */
  readonly gradient: Value;
  /** 0 for parameters that do not decay. */
  readonly weightDecay: Value;
  /** By the names in `Optimizer.slots`. */
  readonly slots: ReadonlyMap<string, Value>;
  /** By the names that `Optimizer.scalars` gives. */
  readonly scalars: ReadonlyMap<string, Value>;
}

export interface UpdatedValues {
  readonly parameter: Value;
  readonly slots: ReadonlyMap<string, Value>;
}

export interface Optimizer {
  /** What is kept of every parameter beside it, 0 at first; checkpoints keep it under these names. */
  readonly slots: readonly string[];
  /** Numbers that change from update to update; always the same names. */
  readonly scalars: (step: UpdateStep) => Readonly<Record<string, number>>;
  /**
   * Adds the update to a graph. Results are written over what they are named for, so each must be computed by an elementwise
   * operator that depends on every other operator that reads it.
   */
  readonly update: (graph: Graph, values: UpdateValues) => UpdatedValues;
}
