/**
 * Rotation metadata. Phones store pictures as the sensor saw them and a matrix that says how to show them; clips are
 * made from what a viewer sees, so the decoder applies it (as the `ffmpeg` command does). Only quarter turns and
 * mirrorings are applied; other matrices are left alone.
 */
import type { FrameSize } from '../spatial-sampling.ts';

/** Where source pixel (x, y) is shown: (xx * x + yx * y, xy * x + yy * y), shifted into the picture. All -1, 0 or 1. */
export interface Orientation {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

export const UPRIGHT: Orientation = { xx: 1, xy: 0, yx: 0, yy: 1 };

/** 1.0 in the fixed-point numbers of a display matrix. */
const ONE = 0x10000;

/** Reads FFmpeg's display matrix: nine little-endian 32-bit integers, row by row. */
export function orientationOf(displayMatrix: Uint8Array | null): Orientation {
  if (displayMatrix === null || displayMatrix.byteLength < 36) {
    return UPRIGHT;
  }
  const view = new DataView(displayMatrix.buffer, displayMatrix.byteOffset, 36);
  const cell = (index: number): number => view.getInt32(4 * index, true) / ONE;
  const orientation = { xx: cell(0), xy: cell(1), yx: cell(3), yy: cell(4) };
  return isQuarterTurn(orientation) ? orientation : UPRIGHT;
}

function isQuarterTurn({ xx, xy, yx, yy }: Orientation): boolean {
  const isUnit = (value: number): boolean => Math.abs(value) === 1;
  return (
    (isUnit(xx) && isUnit(yy) && xy === 0 && yx === 0) || (isUnit(xy) && isUnit(yx) && xx === 0 && yy === 0)
  );
}

/** Whether rows become columns. */
export function isTurned(orientation: Orientation): boolean {
  return orientation.xx === 0;
}

export function isUpright({ xx, yy }: Orientation): boolean {
  return xx === 1 && yy === 1;
}

/** Size of the picture as shown. */
export function shownSize(stored: FrameSize, orientation: Orientation): FrameSize {
  return isTurned(orientation) ? { width: stored.height, height: stored.width } : stored;
}

/**
 * Copies one picture into its shown orientation.
 *
 * @param stored - RGB, `[H, W, 3]` of `size`.
 * @param shown - RGB, `[H, W, 3]` of `shownSize(size, orientation)`.
 */
export function orient(
  stored: Uint8Array,
  size: FrameSize,
  orientation: Orientation,
  shown: Uint8Array,
): void {
  const { xx, xy, yx, yy } = orientation;
  const { width } = shownSize(size, orientation);
  // Negative factors count from the far edge.
  const left = (xx < 0 ? size.width - 1 : 0) + (yx < 0 ? size.height - 1 : 0);
  const top = (xy < 0 ? size.width - 1 : 0) + (yy < 0 ? size.height - 1 : 0);
  let source = 0;
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      const column = left + xx * x + yx * y;
      const row = top + xy * x + yy * y;
      const place = (row * width + column) * 3;
      shown[place] = stored[source]!;
      shown[place + 1] = stored[source + 1]!;
      shown[place + 2] = stored[source + 2]!;
      source += 3;
    }
  }
}
