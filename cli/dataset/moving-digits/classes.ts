/**
 * The sixteen classes: which digit, moving which way. A class is known only to who knows both, so neither a good look at
 * one frame nor motion alone gets far. Labels are the positions in {@link CLASSES}; classes.txt has one name a line in
 * the same order.
 */

export const DIGITS = [0, 1, 4, 7] as const;
export type Digit = (typeof DIGITS)[number];

export const DIRECTIONS = ['left', 'right', 'up', 'down'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface DigitClass {
  /** Position in {@link CLASSES}. */
  readonly label: number;
  /** E.g. `7-left`. */
  readonly name: string;
  readonly digit: Digit;
  /** Where the digit goes; `up` is towards the first row of the picture. */
  readonly direction: Direction;
}

export const CLASSES: readonly DigitClass[] = DIGITS.flatMap((digit, row) =>
  DIRECTIONS.map((direction, column) => ({
    label: row * DIRECTIONS.length + column,
    name: `${digit}-${direction}`,
    digit,
    direction,
  })),
);

/** One step along each direction, `[x, y]`, x to the right and y down. */
export const STEP: Readonly<Record<Direction, readonly [x: number, y: number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};
