/**
 * Videos whose frames carry their own number, so that a test can read off which frames a clip is made of: eight
 * vertical stripes, white for a 1 and black for a 0, lowest bit on the left. They survive coding, scaling and cropping
 * up and down.
 */
import { writeVideo } from '../../cli/dataset/video-writer.ts';

/** Side of the pictures, pixels. */
export const NUMBERED_SIDE = 64;
const STRIPES = 8;

export interface NumberedVideo {
  readonly frames: number;
  /** Frames from key frame to key frame. @default 12 */
  readonly gop?: number;
  /** @default 30 */
  readonly fps?: number;
}

/** Writes a video of up to 256 numbered frames. */
export async function writeNumberedVideo(
  path: string,
  { frames, gop = 12, fps = 30 }: NumberedVideo,
): Promise<void> {
  const size = { width: NUMBERED_SIDE, height: NUMBERED_SIDE };
  await writeVideo(path, numberedFrames(frames), { ...size, fps, gop, crf: 16 });
}

function* numberedFrames(frames: number): Generator<Uint8Array> {
  for (let number = 0; number < frames; number += 1) {
    yield numberedFrame(number);
  }
}

function numberedFrame(number: number): Uint8Array {
  const pixels = new Uint8Array(NUMBERED_SIDE ** 2 * 3);
  for (let pixel = 0; pixel < NUMBERED_SIDE ** 2; pixel += 1) {
    const stripe = Math.floor(((pixel % NUMBERED_SIDE) * STRIPES) / NUMBERED_SIDE);
    pixels.fill((number >> stripe) & 1 ? 230 : 25, 3 * pixel, 3 * pixel + 3);
  }
  return pixels;
}

/** The numbers of a clip's frames, read from pictures that show the full width. */
export function numbersOf(pixels: Uint8Array, side: number): number[] {
  const frameBytes = side ** 2 * 3;
  return Array.from({ length: pixels.length / frameBytes }, (_, frame) =>
    numberOf(pixels.subarray(frame * frameBytes, (frame + 1) * frameBytes), side),
  );
}

function numberOf(frame: Uint8Array, side: number): number {
  const row = Math.floor(side / 2) * side;
  let number = 0;
  for (let stripe = 0; stripe < STRIPES; stripe += 1) {
    const middle = Math.floor(((stripe + 0.5) * side) / STRIPES);
    number |= Number(frame[3 * (row + middle)]! > 127) << stripe;
  }
  return number;
}
