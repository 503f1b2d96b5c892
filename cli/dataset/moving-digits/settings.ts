/**
 * What a person may choose about the dataset, and the one function that fills and checks it. The rest of the room sees
 * only {@link Settings}; two folders with equal settings hold the same videos.
 */
import { SPLITS, type Split } from './recipe.ts';

export interface MovingDigitsOptions {
  /** Folder to make, or to complete. */
  readonly output: string;
  /** Videos to train on. @defaultValue 1300 */
  readonly train?: number;
  /** Videos to choose settings by. @defaultValue 320 */
  readonly val?: number;
  /** Videos to report the result on; a third list, since the second one chose. @defaultValue 320 */
  readonly test?: number;
  /** @defaultValue 0 */
  readonly seed?: number;
  /** Side of the picture, even, pixels; the content grows with it. @defaultValue 80 */
  readonly size?: number;
  /** Processes that make videos. @defaultValue 2 */
  readonly workers?: number;
}

export interface Settings {
  readonly seed: number;
  readonly size: number;
  readonly videos: Readonly<Record<Split, number>>;
}

/** Thrown when an option is out of its range. */
export class DatasetOptionError extends Error {
  override readonly name = 'DatasetOptionError';
  readonly option: string;

  constructor(option: string, value: number, wanted: string) {
    super(`--${option} must be ${wanted}, got ${value}.`);
    this.option = option;
  }
}

export const DEFAULT_SETTINGS: Settings = { seed: 0, size: 80, videos: { train: 1300, val: 320, test: 320 } };
export const DEFAULT_WORKERS = 2;

/** Frames beyond this size would be made of blurred 28-pixel handwriting. */
const SIZES = { least: 32, most: 512 };

/** @throws {@link DatasetOptionError} */
export function fillSettings(options: MovingDigitsOptions): Settings {
  const { seed = DEFAULT_SETTINGS.seed, size = DEFAULT_SETTINGS.size } = options;
  const videos = {
    train: options.train ?? DEFAULT_SETTINGS.videos.train,
    val: options.val ?? DEFAULT_SETTINGS.videos.val,
    test: options.test ?? DEFAULT_SETTINGS.videos.test,
  };
  for (const split of SPLITS) {
    requireInteger(split, videos[split], 1, 1_000_000);
  }
  requireInteger('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  requireInteger('size', size, SIZES.least, SIZES.most);
  if (size % 2 !== 0) {
    throw new DatasetOptionError(
      'size',
      size,
      `even, e.g. ${size - 1} or ${size + 1}, because H.264 pairs pixels`,
    );
  }
  return { seed, size, videos };
}

/** @throws {@link DatasetOptionError} */
export function fillWorkers({ workers = DEFAULT_WORKERS }: MovingDigitsOptions): number {
  requireInteger('workers', workers, 1, 64);
  return workers;
}

function requireInteger(option: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new DatasetOptionError(option, value, `an integer in ${least}..${most}`);
  }
}
