/**
 * When the network is evaluated and saved: with a long cycle a few times in every stretch of one shape, counted back
 * from its last epoch, which is always among them; without one at fixed intervals and at the end.
 */
import type { Segment } from './segment.ts';

/**
 * Epochs (0-based) after whose end a phase's evaluation is due, about `perPhase` in every stretch.
 */
export function evaluationEpochsOf(segments: readonly Segment[], perPhase: number): readonly number[] {
  return segments.flatMap(({ startEpoch, endEpoch }) => {
    const length = endEpoch - startEpoch;
    const period = Math.floor(length / perPhase) + 1;
    return epochRange(startEpoch, endEpoch).filter((epoch) => (endEpoch - 1 - epoch) % period === 0);
  });
}

/** Epochs (0-based) at the end of every `interval` epochs, and the last one. */
export function intervalEpochs(epochs: number, interval: number): readonly number[] {
  return epochRange(0, epochs).filter((epoch) => (epoch + 1) % interval === 0 || epoch === epochs - 1);
}

function epochRange(start: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}
