/**
 * What mixed precision multiplies the loss by, so that small gradients do not vanish in float16: as large as can be
 * without overflow, found by trying. It halves when gradients are not finite and doubles after many steps in which they
 * were. In: whether a step was finite. Out: whether to apply it. The loop asks; checkpoints keep the two numbers.
 */

/** Where a loss scale stands: enough to go on with the same steps after a resume. */
export interface LossScaleState {
  readonly scale: number;
  /** Finite steps since the scale changed last. */
  readonly finiteSteps: number;
}

/** PyTorch's GradScaler starts and grows so as well. */
const INITIAL_SCALE = 2 ** 16;
const GROWTH_INTERVAL = 2000;
const LARGEST_SCALE = 2 ** 24;
/** Below this, gradients that overflow are no matter of scale. */
export const SMALLEST_SCALE = 1;

export const INITIAL_LOSS_SCALE: LossScaleState = { scale: INITIAL_SCALE, finiteSteps: 0 };

/** Where the scale stands after a step. Powers of two only, so that scaling and unscaling are exact. */
export function afterStep({ scale, finiteSteps }: LossScaleState, isFinite: boolean): LossScaleState {
  if (!isFinite) {
    return { scale: Math.max(SMALLEST_SCALE, scale / 2), finiteSteps: 0 };
  }
  return finiteSteps + 1 < GROWTH_INTERVAL
    ? { scale, finiteSteps: finiteSteps + 1 }
    : { scale: Math.min(LARGEST_SCALE, scale * 2), finiteSteps: 0 };
}
