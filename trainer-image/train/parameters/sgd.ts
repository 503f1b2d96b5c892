/**
 * SGD with momentum, as PyTorch has it: v = momentum * v + g; p -= lr * (nesterov ? g + momentum * v : v), with
 * g = gradient + decay * p and momenta starting at 0. In: the recipe's constants. Out: an `Optimizer`.
 */
import { add, multiply, subtract } from '../../graph/elementwise.ts';
import type { Optimizer } from './optimizer.ts';

export interface SgdSettings {
  readonly momentum: number;
  readonly nesterov: boolean;
}

export function sgd({ momentum, nesterov }: SgdSettings): Optimizer {
  return {
    slots: ['momentum'],
    scalars: ({ learningRate }) => ({ learningRate }),
    update: (graph, { parameter, gradient, weightDecay, slots, scalars }) => {
      const factor = graph.scalar(momentum);
      const decayed = add(graph, gradient, multiply(graph, parameter, weightDecay));
      const velocity = add(graph, multiply(graph, slots.get('momentum')!, factor), decayed);
      const direction = nesterov ? add(graph, decayed, multiply(graph, velocity, factor)) : velocity;
      const moved = multiply(graph, direction, scalars.get('learningRate')!);
      return { parameter: subtract(graph, parameter, moved), slots: new Map([['momentum', velocity]]) };
    },
  };
}
