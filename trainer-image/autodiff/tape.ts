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
  /** Emits the operation once more, on other values in the place of its inputs. */
  readonly replay: (substitute: (input: Value) => Value) => Result;
}

/** Steps `first` up to `end`, not included. */
export interface Block {
  readonly first: number;
  readonly end: number;
}

export interface TapeOptions {
  /** Have the backward pass compute the activations inside blocks again instead of keeping them; default false. */
  readonly recomputesBlocks?: boolean;
}

export class Tape {
  readonly graph: Graph;
  readonly #options: TapeOptions;
  readonly #steps: Step[] = [];
  readonly #blocks: Block[] = [];
  readonly #known = new Set<Value>();

  constructor(graph: Graph, options: TapeOptions = {}) {
    this.graph = graph;
    this.#options = options;
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
    const emit = (from: Operations[Name]['inputs']): Operations[Name]['result'] =>
      RULES[operation](this.graph, from, options);
    const result = this.graph.scoped(label, () => emit(inputs));
    inputs.forEach((input) => this.#known.add(input));
    // A result that was there before is one value with one gradient: the operation was the identity (a list of one
    // joined), or the same operation was applied before. Walking through it twice would count the gradient twice.
    if (!this.#known.has(result.output)) {
      this.#known.add(result.output);
      const replay: Step['replay'] = (substitute) => {
        const substitutes: readonly Value[] = inputs.map(substitute);
        if (result.again !== undefined) {
          return result.again(substitutes);
        }
        return isLike(substitutes, inputs) ? emit(substitutes) : result;
      };
      this.#steps.push({ operation, label, inputs, result, replay });
    }
    return result;
  }

  /**
   * Marks the operations that `body` applies as a block, e.g. a residual one: few values enter it and one leaves. Blocks
   * do not lie inside each other.
   */
  block<T>(body: () => T): T {
    const first = this.#steps.length;
    const result = body();
    if (this.#options.recomputesBlocks === true) {
      this.#blocks.push({ first, end: this.#steps.length });
    }
    return result;
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }
}

/** Substitutes come one for one, so the list is of the kind that the operation takes. */
function isLike<Inputs extends readonly Value[]>(values: readonly Value[], inputs: Inputs): values is Inputs {
  return values.length === inputs.length;
}
