/**
 * What a derivative rule is. A rule emits an operation's forward nodes and hands back the function that emits its
 * derivative, so that the two stand side by side and share the values they both need. In: a graph, the operation's
 * inputs and options. Out: its result. Next: `rules.ts` lists all rules, `tape.ts` applies them.
 */
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

/** Gradient of the loss by each input, in order; `undefined` where the operation cannot be differentiated. */
type InputGradients = readonly (Value | undefined)[];

/** What every operation gives. */
export interface Result {
  readonly output: Value;
  /**
   * Emits the gradients by the inputs, given the gradient by `output`. May emit more than is asked for: nodes that
   * nothing reads are left out of the model. Absent when the operation has no derivative at all.
   */
  readonly derivative?: (gradient: Value) => InputGradients;
  /**
   * Emits the operation once more, on inputs that were computed again. For operations that have other workers take part: what came
   * of that is used again. Absent: emitting it anew is all there is to it.
   */
  readonly again?: (inputs: readonly Value[]) => Result;
}

/** For operations without options. */
export type NoOptions = Readonly<Record<string, never>>;

/** Signature of one operation. */
export interface Operation<Inputs extends readonly Value[], Options = NoOptions> {
  readonly inputs: Inputs;
  readonly options: Options;
  readonly result: Result;
}

/** @throws GraphShapeError when inputs and options do not fit together. */
export type Rule<O extends Operation<readonly Value[], unknown>> = (
  graph: Graph,
  inputs: O['inputs'],
  options: O['options'],
) => O['result'];
