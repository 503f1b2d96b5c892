/**
 * Clips of a square that moves up, down, left or right over noise: the twin of test/fixtures/pytorch/moving_squares.py,
 * whole numbers only, so that both sides train on the same pixels. In: numbers of videos. Out: a batch.
 */
import type { ClipBatch } from '../../trainer-image/data/clip-request.ts';
import { NO_AUGMENTATION } from '../../trainer-image/data/augmentation.ts';

export const FRAMES = 8;
export const SIDE = 24;
const SQUARE = 7;
const CLASSES = 4;
const CLIP_BYTES = FRAMES * SIDE * SIDE * 3;
/** Pixels a frame, by class. */
const STEPS = [
  { down: 0, right: 2 },
  { down: 0, right: -2 },
  { down: 2, right: 0 },
  { down: -2, right: 0 },
];

/** Clips `[N, T, H, W, 3]` of the videos, with their classes. */
export function movingSquares(videos: readonly number[]): ClipBatch {
  const pixels = new Uint8Array(videos.length * CLIP_BYTES);
  videos.forEach((video, index) => {
    draw(pixels.subarray(index * CLIP_BYTES, (index + 1) * CLIP_BYTES), video);
  });
  return {
    pixels,
    clips: videos.length,
    frames: FRAMES,
    cropSize: SIDE,
    labels: videos.map((video) => [video % CLASSES]),
    targets: videos.map((video) => NO_AUGMENTATION.targetOf([video % CLASSES])),
    samples: videos,
    release: () => undefined,
  };
}

function draw(clip: Uint8Array, video: number): void {
  for (let index = 0; index < CLIP_BYTES; index += 1) {
    clip[index] = scrambled(index + video * CLIP_BYTES) >>> 25;
  }
  const top = scrambled(2 * video + 1) % SIDE;
  const left = scrambled(2 * video + 2) % SIDE;
  const { down, right } = STEPS[video % CLASSES]!;
  for (let frame = 0; frame < FRAMES; frame += 1) {
    for (let cell = 0; cell < SQUARE * SQUARE; cell += 1) {
      const row = wrapped(top + down * frame + Math.floor(cell / SQUARE));
      const column = wrapped(left + right * frame + (cell % SQUARE));
      const pixel = ((frame * SIDE + row) * SIDE + column) * 3;
      for (let colour = 0; colour < 3; colour += 1) {
        clip[pixel + colour] = clip[pixel + colour]! + 96;
      }
    }
  }
}

function wrapped(position: number): number {
  return ((position % SIDE) + SIDE) % SIDE;
}

/** A hash of 32-bit numbers. */
function scrambled(number: number): number {
  let bits = number >>> 0;
  bits ^= bits >>> 16;
  bits = Math.imul(bits, 0x7feb352d);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x846ca68b);
  bits ^= bits >>> 16;
  return bits >>> 0;
}
