/**
 * Which frames the slow pathway sees. In: T and alpha. Out: T / alpha frame numbers, spread evenly from the first frame
 * to the last. Every implementation of the layers picks by this list.
 */

/**
 * `linspace(0, frames - 1, frames / alpha)` truncated to integers, in float32 and from both ends to the middle, as
 * PyTorch computes it: the rounding decides some frames.
 */
export function slowFramePositions(frames: number, alpha: number): readonly number[] {
  const count = Math.floor(frames / alpha);
  const last = frames - 1;
  const step = count > 1 ? Math.fround(last / (count - 1)) : 0;
  return Array.from({ length: count }, (_, index) => {
    const fromStart = Math.fround(step * index);
    const fromEnd = Math.fround(last - Math.fround(step * (count - 1 - index)));
    return Math.trunc(index < Math.floor(count / 2) || count === 1 ? fromStart : fromEnd);
  });
}
