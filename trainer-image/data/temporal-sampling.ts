/**
 * Which frames of a video a clip is made of. The rules are PySlowFast's (commit 287ec007, `datasets/decoder.py`), kept
 * to the last bit because a frame index is a truncated float. Pure; the clip maker calls it once a video's length is
 * known, the sampler only decides the draw.
 */

/** Where in the room that a clip leaves it starts. */
export type ClipPlace =
  /** A fraction in [0, 1) of the room. */
  | { readonly kind: 'draw'; readonly draw: number }
  /**
   * View number `view` of `views`. `reachesEnd` false: steps of room / views, the last view ends before the video does;
   * true: whole steps of floor(room / (views - 1)).
   */
  | { readonly kind: 'view'; readonly view: number; readonly views: number; readonly reachesEnd: boolean };

/** First and last frame position of a clip; real numbers, `last` may lie past the end of a short video. */
export interface ClipRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Frames of the video that a clip covers, a real number of at least 1.
 *
 * @param stride - frames between two sampled ones, at `targetFps`.
 * @param fps - frames per second of the video.
 */
export function clipSpan(frames: number, stride: number, fps: number, targetFps: number): number {
  return Math.max(1, ((stride * frames) / targetFps) * fps);
}

/** Where a clip of `span` frames lies in a video of `videoFrames`. */
export function clipRange(videoFrames: number, span: number, place: ClipPlace): ClipRange {
  const room = Math.max(videoFrames - span, 0);
  const first = startOf(room, place);
  return { first, last: first + span - 1 };
}

function startOf(room: number, place: ClipPlace): number {
  if (place.kind === 'draw') {
    return place.draw * room;
  }
  if (!place.reachesEnd) {
    return (room * place.view) / place.views;
  }
  return place.views === 1 ? 0 : place.view * Math.floor(room / (place.views - 1));
}

/**
 * Indices of `count` frames spread evenly over a range, first and last included, ascending; positions outside the
 * video are clamped to its first or last frame.
 *
 * Positions are float32, counted from the start in the first half and from the end in the second, as torch.linspace
 * does; then truncated.
 */
export function frameIndices(videoFrames: number, range: ClipRange, count: number): Int32Array {
  const first = Math.fround(range.first);
  const last = Math.fround(range.last);
  const step = Math.fround(Math.fround(last - first) / (count - 1));
  const indices = new Int32Array(count);
  for (let index = 0; index < count; index += 1) {
    const fromStart = index < Math.floor(count / 2) || count === 1;
    // The product goes into the sum unrounded: PyTorch's kernels are compiled with fused multiply-add.
    const position = fromStart ? first + (count === 1 ? 0 : step * index) : last - step * (count - 1 - index);
    indices[index] = Math.trunc(Math.min(Math.max(Math.fround(position), 0), videoFrames - 1));
  }
  return indices;
}
