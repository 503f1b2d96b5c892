/**
 * What pixels are normalised with before a network sees them. In: nothing, or mean and deviation by colour. Out: the published
 * networks' numbers, and the formula as people read it in an exported model and its card.
 */

/** Mean and standard deviation of a pixel in [0, 1], red, green, blue. */
export interface PixelStatistics {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** The same for all colours (PySlowFast's defaults). */
export const PUBLISHED_PIXELS: PixelStatistics = {
  mean: [0.45, 0.45, 0.45],
  deviation: [0.225, 0.225, 0.225],
};

/** Whether one mean and one deviation serve all colours. */
export function areColoursAlike({ mean, deviation }: PixelStatistics): boolean {
  return [mean, deviation].every(([red, ...others]) => others.every((value) => value === red));
}

/** Such as `(x / 255 - 0.45) / 0.225`; numbers by colour in brackets where they differ. */
export function normalizationFormula(pixels: PixelStatistics): string {
  const words = (numbers: readonly number[]): string =>
    areColoursAlike(pixels) ? String(numbers[0]) : `[${numbers.join(', ')}]`;
  return `(x / 255 - ${words(pixels.mean)}) / ${words(pixels.deviation)}`;
}
