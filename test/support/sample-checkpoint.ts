/** A small checkpoint whose numbers follow from its iteration, with every part that a checkpoint has. */
import type { Checkpoint } from '../../trainer-image/train/checkpoints/checkpoint.ts';

export function checkpointAt(iteration: number): Checkpoint {
  const array = (name: string, length: number) => ({
    name,
    dims: [length],
    data: Float32Array.from({ length }, (_, i) => iteration + i / 7),
  });
  return {
    place: {
      planHash: 'abc',
      iteration,
      epoch: 3,
      iterationInEpoch: 4,
      shortCycleIndex: 1,
      isBorderPending: false,
      seed: 7,
      worldSize: 1,
      lossScale: { scale: 32768, finiteSteps: 17 },
      skippedSteps: 2,
      seconds: 12.5,
    },
    parameters: new Map([['stem.weight', array('stem.weight', 5)]]),
    slots: new Map([['momentum', new Map([['stem.weight', array('stem.weight', 5)]])]]),
    statistics: new Map([
      ['stem.bn', { groups: 2, mean: Float32Array.of(1, 2, 3, 4), variance: Float32Array.of(5, 6, 7, 8) }],
    ]),
  };
}
