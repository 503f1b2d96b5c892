/**
 * The composition of moving-digits in numbers. Lengths are pixels of the 80 x 80 picture and grow with `--size`.
 *
 * The ranges were found by experiment: digits this large, this fast and this near the middle survive the smallest crop
 * of the short cycle, and neither a single frame nor the order of frames alone is enough. Read by scene.ts (what is in
 * a video) and render.ts (how it looks).
 */

/** Changes whenever the same settings would give other videos. */
export const RECIPE_VERSION = 1;

/** Side of the picture that all lengths here refer to, pixels. */
export const REFERENCE_SIZE = 80;

export const FRAMES = 40;

/** Equal to the reference's target rate, so that a stride counts frames of the file. */
export const FRAMES_PER_SECOND = 30;

/** A random clip start decodes at most 7 frames for nothing. */
export const KEY_FRAME_INTERVAL = 8;

/** x264 quality that keeps nine tenths of the noise in luma and a file of about 30 KB. */
export const QUALITY = 22;

/** Range of the longer side of the handwriting, pixels. */
export const DIGIT_LENGTH = [26, 36] as const;

/** Range of the speed, pixels per frame, constant in a video. */
export const SPEED = [0.7, 1.4] as const;

/** Range of the digit's place along its path at mid-clip, pixels from the middle of the picture. */
export const MIDWAY = [-4, 4] as const;

/** Range of the distance of the path from the middle of the picture, pixels. */
export const OFFSET = [-18, 18] as const;

/** Share of its light that the photo keeps. */
export const BACKGROUND_LIGHT = [0.4, 0.65] as const;

/** Side of the square cut from a 512 x 256 panorama, panorama pixels. */
export const PHOTO_CROP = [80, 176] as const;

/** Rows of the panorama above and below which nothing is cut: the poles are stretched beyond recognition. */
export const PHOTO_ROWS = [24, 232] as const;

/** Digit colour: hue is free, saturation and value lie in these ranges, so that it stands out from the photo. */
export const DIGIT_SATURATION = [0, 0.6] as const;
export const DIGIT_VALUE = [0.8, 1] as const;

/** Standard deviation of the noise of every pixel, channel and frame, of 255. */
export const NOISE_SIGMA = 5;

/** Share of every digit's handwriting, in the order of the source, that a split draws from: none is in two splits. */
export const HANDWRITING_SHARE = { train: [0, 0.7], val: [0.7, 0.85], test: [0.85, 1] } as const;

export type Split = keyof typeof HANDWRITING_SHARE;

export const SPLITS: readonly Split[] = ['train', 'val', 'test'];
