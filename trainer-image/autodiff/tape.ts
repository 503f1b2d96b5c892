/**
 * Applies operations and remembers them in order. In: operation names, values, options. Out: the operations' results,
 * and the list of steps that `backward.ts` walks in reverse. The forward half of autodiff.
 */
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { Result } from './rule.ts';
import { RULES } from './rules.ts';
import type { OperationName, Operations } from './rules.ts';

/** One operation that was applied. */
export interface Step {
  readonly operation: string;
  /** Part of the network the operation belongs to, for messages. */
  readonly label: string;
  readonly inputs: readonly Value[];
  readonly result: Result;
}

export class Tape {
  readonly graph: Graph;
  readonly #steps: Step[] = [];
  readonly #known = new Set<Value>();

  constructor(graph: Graph) {
    this.graph = graph;
  }

  /**
   * Emits an operation into the graph.
   *
   * @param label Part of the network it belongs to; names its nodes.
   * @throws GraphShapeError when inputs and options do not fit together.
   */
  apply<Name extends OperationName>(
    operation: Name,
    label: string,
    inputs: Operations[Name]['inputs'],
    options: Operations[Name]['options'],
  ): Operations[Name]['result'] {
    const result = this.graph.scoped(label, () => RULES[operation](this.graph, inputs, options));
    inputs.forEach((input) => this.#known.add(input));
    // A result that was there before is one value with one gradient: the operation was the identity (a list of one
    // joined), or the same operation was applied before. Walking through it twice would count the gradient twice.
    if (!this.#known.has(result.output)) {
      this.#known.add(result.output);
      this.#steps.push({ operation, label, inputs, result });
    }
    return result;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }
}
