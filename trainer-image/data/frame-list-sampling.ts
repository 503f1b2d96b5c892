/**
 * Which frames of a frame list a clip is made of: the rules of Something-Something and Charades, whose videos come as
 * numbered pictures. PySlowFast's (commit 287ec007), as the rules for video files next door in `temporal-sampling.ts`.
 */
import { roundHalfEven } from '../../multigrid/plan/rounding.ts';

/** A closed range of frame indices. */
export interface Segment {
  readonly first: number;
  readonly last: number;
}

/** Something-Something: the video in `count` segments that touch, whatever the stride. */
export function segmentsOf(videoFrames: number, count: number): readonly Segment[] {
  const length = (videoFrames - 1) / count;
  return Array.from({ length: count }, (_, index) => ({
    first: roundHalfEven(length * index),
    last: roundHalfEven(length * (index + 1)),
  }));
}

/** One frame of a segment: for a draw in [0, 1) any of them, without a draw the middle one. */
export function frameInSegment({ first, last }: Segment, draw?: number): number {
  return draw === undefined ? Math.floor((first + last) / 2) : first + Math.floor(draw * (last - first + 1));
}

/**
 * Charades: every `stride`-th frame from a start; positions outside the video are clamped to it. The start of view i of
 * n lies i / (n - 1) into the room that the clip leaves (the middle when n is 1, where the reference divides by zero).
 */
export function stridedView(
  videoFrames: number,
  clip: { readonly frames: number; readonly stride: number },
  view: number,
  views: number,
): Int32Array {
  const room = Math.max(videoFrames - ((clip.frames - 1) * clip.stride + 1), 0);
  const start = views === 1 ? Math.floor(room / 2) : roundHalfEven((room / (views - 1)) * view);
  return strided(videoFrames, clip, start);
}

/** Charades in training: the start is drawn from all places, negative ones when the video is shorter than the clip. */
export function stridedDraw(
  videoFrames: number,
  clip: { readonly frames: number; readonly stride: number },
  draw: number,
): Int32Array {
  const room = videoFrames - ((clip.frames - 1) * clip.stride + 1);
  const places = Math.abs(room) + 1;
  return strided(videoFrames, clip, Math.min(room, 0) + Math.floor(draw * places));
}

function strided(
  videoFrames: number,
  { frames, stride }: { readonly frames: number; readonly stride: number },
  start: number,
): Int32Array {
  return Int32Array.from({ length: frames }, (_, index) =>
    Math.max(Math.min(start + index * stride, videoFrames - 1), 0),
  );
}
