/**
 * Which pictures of a video can be trusted. An error spoils everything that is predicted from it: all later pictures up
 * to the next clean key frame. Errors and key frames are noted by position, because pictures come out later than their
 * packets go in. `video-file.ts` keeps one.
 */
export class DamageLog {
  /** Positions of errors that no key frame has healed. */
  #errors: number[] = [];

  /** Notes an error in the packet or picture at `position`, in frames. */
  add(position: number): void {
    this.#errors.push(position);
  }

  /** Notes a clean key frame at `position`. */
  healAt(position: number): void {
    this.#errors = this.#errors.filter((error) => error >= position);
  }

  /** Whether the picture at `position` is spoilt; ask in the order pictures are shown. */
  covers(position: number): boolean {
    return this.#errors.some((error) => error <= position);
  }

  clear(): void {
    this.#errors = [];
  }
}
