/**
 * A 2D kernel as a 3D one (Carreira & Zisserman 2017): repeated along time and divided by the number of repetitions, so
 * that a clip of one picture, repeated, gives what the picture gave. As in PySlowFast's `inflate_weight`.
 */

/**
 * @param kernel - `[out, in, H, W]`
 * @param planeSize - H * W
 * @returns `[out, in, frames, H, W]`
 */
export function inflateKernel(kernel: Float32Array, planeSize: number, frames: number): Float32Array {
  const inflated = new Float32Array(kernel.length * frames);
  for (let plane = 0; plane < kernel.length / planeSize; plane += 1) {
    const values = kernel.subarray(plane * planeSize, (plane + 1) * planeSize).map((value) => value / frames);
    for (let frame = 0; frame < frames; frame += 1) {
      inflated.set(values, (plane * frames + frame) * planeSize);
    }
  }
  return inflated;
}
