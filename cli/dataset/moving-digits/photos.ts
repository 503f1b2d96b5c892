/**
 * The backgrounds: eighteen panoramas photographed for Poly Haven (all CC0) and repacked, CC0 too, in the npm package
 * `@pmndrs/assets` at 512 x 256 pixels. Which split shows which is fixed here by hand, so that each has indoor and
 * outdoor places, dark and light ones.
 */
import { SPLITS, type Split } from './recipe.ts';

export interface Photo {
  /** Name of the file in the package, without `.exr.js`. */
  readonly name: string;
  readonly split: Split;
}

const NAMES: Readonly<Record<Split, readonly string[]>> = {
  train: [
    'apartment',
    'city',
    'dawn',
    'esplanade',
    'forest',
    'hall',
    'lab',
    'night',
    'park',
    'sky',
    'studio',
    'sunset',
  ],
  val: ['bridge', 'sunrise', 'warehouse'],
  test: ['lobby', 'venice', 'workshop'],
};

export const PHOTOS: readonly Photo[] = SPLITS.flatMap((split) =>
  NAMES[split].map((name) => ({ name, split })),
);

/** Size of every panorama, pixels. */
export const PANORAMA_WIDTH = 512;
export const PANORAMA_HEIGHT = 256;
