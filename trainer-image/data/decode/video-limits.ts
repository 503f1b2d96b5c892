/** What is refused before anything is decoded. Set by the loader's options, applied in the decoder process. */
export interface VideoLimits {
  /** Shortest side that is accepted, pixels. */
  readonly minSide: number;
  /** Largest picture that is accepted, pixels: decoding takes memory in proportion. */
  readonly maxPixels: number;
}

/** Up to 4K cinema (4096 x 2304). */
export const DEFAULT_LIMITS: VideoLimits = { minSide: 8, maxPixels: 4096 * 2304 };
