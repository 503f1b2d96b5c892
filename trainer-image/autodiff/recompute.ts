/**
 * Activation recomputation: blocks of the tape whose inner activations the backward pass computes again from the block's
 * inputs instead of keeping them. In: a tape with marked blocks and the steps that `backward.ts` walks back through.
 * Out: each step's derivative over the values computed again. Same operators on the same numbers, so the same gradients.
 */
import { add, cast, multiply } from '../graph/elementwise.ts';
import type { Graph } from '../graph/graph.ts';
import { floatType } from '../graph/value.ts';
import type { Value } from '../graph/value.ts';
import { reshape, slice } from '../graph/view.ts';
import type { Result } from './rule.ts';
import type { Step, Tape } from './tape.ts';

type Derivative = Result['derivative'];

export class Recomputation {
  readonly #tape: Tape;
  readonly #blockOf = new Map<Step, readonly Step[]>();
  /** Results of the steps that have been done again. */
  readonly #again = new Map<Step, Result>();

  constructor(tape: Tape) {
    this.#tape = tape;
    for (const { first, end } of tape.blocks) {
      const steps = tape.steps.slice(first, end);
      steps.forEach((step) => this.#blockOf.set(step, steps));
    }
  }

  /**
   * The derivative to use for a step. The first step of a block that is asked for has the block done again.
   *
   * @param gradient - the gradient by the step's output; what is done again waits for it.
   */
  derivativeOf(step: Step, gradient: Value): Derivative {
    const block = this.#blockOf.get(step);
    if (block === undefined || isKeptEnd(step, block)) {
      return step.result.derivative;
    }
    if (!this.#again.has(step)) {
      this.#replay(block, gradient);
    }
    return this.#again.get(step)?.derivative;
  }

  #replay(block: readonly Step[], gradient: Value): void {
    const { graph } = this.#tape;
    const activations = new Set(this.#tape.steps.map(({ result }) => result.output));
    const values = new Map<Value, Value>();
    const again = (value: Value): Value => {
      const known = values.get(value) ?? (activations.has(value) ? delayed(graph, value, gradient) : value);
      values.set(value, known);
      return known;
    };
    for (const step of block) {
      const result = graph.scoped(`${step.label}/again`, () => step.replay(again));
      values.set(step.result.output, result.output);
      this.#again.set(step, result);
    }
  }
}

/** A last ReLU needs its output alone, which the next block keeps as its input anyway. */
function isKeptEnd(step: Step, block: readonly Step[]): boolean {
  return step === block.at(-1) && step.operation === 'relu';
}

/**
 * A copy of x that exists only after `gradient` does: plus zero times an element of it. Without it what is computed
 * again would equal what was computed before, so that graph and runtime would share the two, or it would run too early.
 */
function delayed(graph: Graph, x: Value, gradient: Value): Value {
  return graph.scoped('delay', () => {
    const first = slice(
      graph,
      gradient,
      gradient.dims.map((_, axis) => ({ axis, start: 0, end: 1 })),
    );
    const type = floatType(x);
    const scalar = reshape(
      graph,
      first,
      x.dims.map(() => 1),
    );
    return add(graph, x, multiply(graph, cast(graph, scalar, type), graph.scalar(0, type)));
  });
}
