/**
 * Batches for tests of training steps: deterministic pixels in which the class can be seen. In: number and shape of the
 * clips, an iteration. Out: a `ClipBatch` that needs no video.
 */
import type { ClipBatch } from '../../trainer-image/data/clip-request.ts';
import { NO_AUGMENTATION } from '../../trainer-image/data/augmentation.ts';

export interface BatchShape {
  readonly clips: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly classes: number;
}

/** Noise; class k is a brighter clip, so there is something to learn. */
export function brightnessBatch(
  { clips, frames, cropSize, classes }: BatchShape,
  iteration: number,
): ClipBatch {
  const labels = Array.from({ length: clips }, (_, i) => [(i * 7 + iteration) % classes]);
  const clipBytes = frames * cropSize ** 2 * 3;
  const pixels = new Uint8Array(clips * clipBytes);
  let state = 12345 + iteration;
  for (let i = 0; i < pixels.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[i] = (state >>> 25) + labels[Math.floor(i / clipBytes)]![0]! * 40;
  }
  return {
    pixels,
    clips,
    frames,
    cropSize,
    labels,
    targets: labels.map(NO_AUGMENTATION.targetOf),
    samples: [...labels.keys()],
    release: () => undefined,
  };
}
