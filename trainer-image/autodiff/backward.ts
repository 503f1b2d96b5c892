/**
 * The reverse walk of autodiff. In: a tape, its scalar loss, the values to differentiate by. Out: one gradient value per
 * asked value, as nodes of the same graph. Each operation's contributions are summed before it is walked through.
 */
import { sum } from '../graph/elementwise.ts';
import { elementCount, floatType, formatDims, GraphShapeError } from '../graph/value.ts';
import type { Value } from '../graph/value.ts';
import { reshape } from '../graph/view.ts';
import { Recomputation } from './recompute.ts';
import type { Step, Tape } from './tape.ts';

/** The loss depends on a wanted value through an operation (or an input of one) that has no derivative rule. */
export class NoDerivativeError extends Error {
  override readonly name = 'NoDerivativeError';
  readonly operation: string;
  readonly label: string;

  constructor(step: Step, input: Value) {
    super(
      `operation ${step.operation} (${step.label}) has no derivative by its input ${input.name}; ` +
        'keep trained parameters off that input, or add a rule to the table in autodiff/rules.ts',
    );
    this.operation = step.operation;
    this.label = step.label;
  }
}

/** A value was to be differentiated by that the loss does not depend on: a wiring mistake in the network. */
export class UnusedValueError extends Error {
  override readonly name = 'UnusedValueError';
}

/**
 * Emits d loss / d value for each of `values`.
 *
 * @param scale One number that every gradient comes out multiplied by: mixed precision lifts small ones with it.
 * @throws GraphShapeError when the loss is more than one number.
 * @throws NoDerivativeError when the way from a value to the loss cannot be differentiated.
 * @throws UnusedValueError when the loss does not depend on one of the values.
 */
export function emitGradients(
  tape: Tape,
  loss: Value,
  values: readonly Value[],
  scale: Value = tape.graph.scalar(1, floatType(loss)),
): readonly Value[] {
  const { graph } = tape;
  const dependent = dependentOn(tape.steps, values);
  if (elementCount(loss.dims) !== 1) {
    throw new GraphShapeError(`${loss.name} has dims ${formatDims(loss.dims)}; a loss is one number`);
  }
  const contributions = new Map([[loss, [reshape(graph, scale, loss.dims)]]]);
  const recomputation = new Recomputation(tape);
  for (const step of tape.steps.toReversed()) {
    const parts = contributions.get(step.result.output);
    if (parts === undefined || !dependent.has(step.result.output)) {
      continue;
    }
    const gradients = graph.scoped(`${step.label}/gradient`, () => {
      const gradient = sum(graph, parts);
      return recomputation.derivativeOf(step, gradient)?.(gradient);
    });
    step.inputs.forEach((input, index) => {
      if (!dependent.has(input)) {
        return;
      }
      const gradient = gradients?.[index];
      if (gradient === undefined) {
        throw new NoDerivativeError(step, input);
      }
      contributions.set(input, [...(contributions.get(input) ?? []), gradient]);
    });
  }
  return values.map((value) => {
    const parts = contributions.get(value);
    if (parts === undefined) {
      throw new UnusedValueError(`the loss does not depend on ${value.name}, so it has no gradient`);
    }
    return sum(graph, parts);
  });
}

/** The given values and everything computed from them. */
function dependentOn(steps: readonly Step[], values: readonly Value[]): ReadonlySet<Value> {
  const dependent = new Set(values);
  for (const step of steps) {
    if (step.inputs.some((input) => dependent.has(input))) {
      dependent.add(step.result.output);
    }
  }
  return dependent;
}
