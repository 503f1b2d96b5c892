/**
 * Memory for batches, used again. Shapes alternate with the short cycle, so a buffer fits a batch when it is large
 * enough and not much too large. The loader borrows here, the trainer's `release()` gives back.
 */

/** Buffers kept for later: three shapes of a short cycle and one spare. */
const KEPT = 4;
/** A buffer this many times too large is left for larger batches. */
const WASTE = 2;

export class BatchBuffers {
  #free: Uint8Array<ArrayBuffer>[] = [];

  /** Memory of exactly `bytes`, with old contents. */
  borrow(bytes: number): Uint8Array<ArrayBuffer> {
    const fits = this.#free
      .filter(({ byteLength }) => byteLength >= bytes && byteLength <= WASTE * bytes)
      .sort((a, b) => a.byteLength - b.byteLength)[0];
    if (fits === undefined) {
      return new Uint8Array(bytes);
    }
    this.#free = this.#free.filter((buffer) => buffer !== fits);
    return fits.subarray(0, bytes);
  }

  /** Takes memory back; the least recently returned goes when there are too many. */
  giveBack(pixels: Uint8Array<ArrayBuffer>): void {
    this.#free = [...this.#free, new Uint8Array(pixels.buffer)].slice(-KEPT);
  }
}
