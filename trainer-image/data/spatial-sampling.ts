/**
 * How large a frame is scaled and where it is cropped. The rules are PySlowFast's (commit 287ec007,
 * `datasets/transform.py`). Pure; the sampler decides the short side, the clip maker asks for sizes and offsets once it
 * knows the frame.
 */
import { roundHalfEven } from '../../multigrid/plan/rounding.ts';
import type { CropPosition } from './clip-request.ts';

export interface FrameSize {
  readonly height: number;
  readonly width: number;
}

/** Left upper corner of a crop, pixels of the scaled frame. */
export interface CropOffset {
  readonly x: number;
  readonly y: number;
}

/** How short sides are spread over their range: evenly, or their reciprocals evenly. */
export type ScaleSpread = 'uniform' | 'inverse';

/** Short side for a draw in [0, 1), pixels. */
export function jitteredShortSide(min: number, max: number, draw: number, spread: ScaleSpread): number {
  const side = spread === 'inverse' ? 1 / (1 / max + (1 / min - 1 / max) * draw) : min + (max - min) * draw;
  return roundHalfEven(side);
}

/** Size of a frame whose short side has become `shortSide`; the long side is rounded down. */
export function scaledSize(frame: FrameSize, shortSide: number): FrameSize {
  return frame.width < frame.height
    ? { width: shortSide, height: Math.floor((frame.height / frame.width) * shortSide) }
    : { width: Math.floor((frame.width / frame.height) * shortSide), height: shortSide };
}

/** Where a square crop lies in a frame that is at least as large. */
export function cropOffset(frame: FrameSize, cropSize: number, position: CropPosition): CropOffset {
  const room = { x: frame.width - cropSize, y: frame.height - cropSize };
  if (position.kind === 'random') {
    // The largest offset is never drawn; the reference's generator leaves it out too.
    return { x: Math.floor(position.xDraw * room.x), y: Math.floor(position.yDraw * room.y) };
  }
  const centre = { x: Math.ceil(room.x / 2), y: Math.ceil(room.y / 2) };
  if (position.index === 1) {
    return centre;
  }
  const isTall = frame.height > frame.width;
  if (position.index === 0) {
    return isTall ? { ...centre, y: 0 } : { ...centre, x: 0 };
  }
  return isTall ? { ...centre, y: room.y } : { ...centre, x: room.x };
}
