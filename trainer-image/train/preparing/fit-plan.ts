/**
 * Whether a network takes every shape of a plan, asked before anything is trained: a shape of the last phase that does not
 * fit should not show after days. In: a network, a plan, the shapes of the evaluations. Out: what does not fit.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { Network, StepShape } from '../../models/network.ts';
import { NetworkShapeError } from '../../models/network-shape.ts';
import type { FullShape, TestViews } from '../settings.ts';
import { shapesOfPhase } from '../steps/step-shapes.ts';
import { ALONE } from '../collective/step-share.ts';

export interface EvaluationShapes {
  readonly full: Pick<FullShape, 'frames' | 'cropSize'>;
  readonly test: Pick<TestViews, 'cropSize'>;
}

/** A shape of the plan that the network cannot take. */
export interface Misfit {
  readonly shape: StepShape;
  readonly message: string;
}

/** Every shape that does not fit, each once. */
export function misfitsOf(
  network: Pick<Network, 'checkShape'>,
  plan: Plan,
  shapes: EvaluationShapes,
): readonly Misfit[] {
  const { full, test } = shapes;
  const evaluations = [full.cropSize, test.cropSize].map((cropSize) => ({
    clips: 1,
    groups: 1,
    frames: full.frames,
    cropSize,
  }));
  const wanted = [...plan.phases.flatMap((phase) => shapesOfPhase(phase, ALONE)), ...evaluations];
  const distinct = new Map(wanted.map((shape) => [`${shape.frames}x${shape.cropSize}`, shape]));
  return [...distinct.values()].flatMap((shape) => {
    try {
      network.checkShape(shape);
      return [];
    } catch (error) {
      if (error instanceof NetworkShapeError) {
        return [{ shape, message: error.message }];
      }
      throw error;
    }
  });
}

/** @throws NetworkShapeError saying what does not fit and at which shapes. */
export function requireFit(network: Network, plan: Plan, shapes: EvaluationShapes): void {
  const misfits = misfitsOf(network, plan, shapes);
  if (misfits.length > 0) {
    throw new NetworkShapeError(misfitText(misfits));
  }
}

/** Misfits in words: the first in full, the others by their shapes. */
export function misfitText(misfits: readonly Misfit[]): string {
  const [first, ...others] = misfits;
  const rest = others.map(({ shape }) => `${shape.frames} x ${shape.cropSize}`).join(', ');
  return `${first?.message ?? ''}${rest === '' ? '' : `; neither does it take ${rest} (frames x pixels)`}`;
}
