/**
 * What every position of a resized axis is made of, as ONNX Runtime computes it: in float32, so that places which lie on
 * the border between two elements are rounded to the same side. In: attributes of a Resize node, lengths and scale of
 * one axis. Out: a weighted sum of elements for every position. Pure.
 */
import type { Operations } from '../../../autodiff/rules.ts';

type Sums = Operations['resample']['options']['sums'];

export interface ResizeForm {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: CoordinateMode;
  readonly rounding: RoundingMode;
  /** The cubic's only parameter. */
  readonly cubic: number;
  /** Leaves elements outside the axis out of a cubic, instead of repeating the edge. */
  readonly isOutsideLeftOut: boolean;
}

export interface ResizedAxis {
  readonly from: number;
  readonly to: number;
  /** float32; `to / from` unless the file says otherwise. */
  readonly scale: number;
}

export type CoordinateMode = keyof typeof COORDINATES;
export type RoundingMode = keyof typeof ROUNDINGS;

const f = Math.fround;

function halfPixel(index: number, { scale }: ResizedAxis): number {
  return f(f(f(index + 0.5) / scale) - 0.5);
}

/** Place along the axis that a position of the result looks at. */
export const COORDINATES = {
  half_pixel: halfPixel,
  pytorch_half_pixel: (index: number, axis: ResizedAxis): number =>
    axis.to > 1 ? halfPixel(index, axis) : 0,
  half_pixel_symmetric: (index: number, axis: ResizedAxis): number => {
    const adjustment = f(axis.to / f(axis.scale * axis.from));
    const offset = f(f(axis.from / 2) * f(1 - adjustment));
    return f(offset + halfPixel(index, axis));
  },
  align_corners: (index: number, { from, to }: ResizedAxis): number =>
    to === 1 ? 0 : f(f(index * f(from - 1)) / f(to - 1)),
  asymmetric: (index: number, { scale }: ResizedAxis): number => f(index / scale),
};

/** Which element is the nearest to a place. */
export const ROUNDINGS = {
  round_prefer_floor: (place: number): number => Math.ceil(place - 0.5),
  round_prefer_ceil: (place: number): number => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

export function resizeSums(form: ResizeForm, axis: ResizedAxis): Sums {
  const place = COORDINATES[form.coordinates];
  const within = (position: number): number => Math.min(Math.max(position, 0), axis.from - 1);
  return Array.from({ length: axis.to }, (_, index) => {
    const at = place(index, axis);
    switch (form.mode) {
      case 'nearest':
        return [{ position: within(ROUNDINGS[form.rounding](at)), weight: 1 }];
      case 'linear':
        return between(within(at), axis.from);
      case 'cubic':
        return cubicSum(at, axis.from, form);
    }
  });
}

/** The two elements around a place inside the axis; one where the place is an element. */
function between(place: number, length: number): Sums[number] {
  const position = Math.floor(place);
  const part = place - position;
  return part === 0 || position + 1 >= length
    ? [{ position, weight: 1 }]
    : [
        { position, weight: 1 - part },
        { position: position + 1, weight: part },
      ];
}

/** Keys' cubic convolution over the four elements around a place. */
function cubicSum(place: number, length: number, { cubic: a, isOutsideLeftOut }: ResizeForm): Sums[number] {
  const first = Math.floor(place) - 1;
  const part = place - Math.floor(place);
  const near = (distance: number): number => ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  const far = (distance: number): number => ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
  const weights = [far(1 + part), near(part), near(1 - part), far(2 - part)];
  const terms = weights.map((weight, index) => ({ position: first + index, weight }));
  const isInside = ({ position }: { readonly position: number }): boolean =>
    position >= 0 && position < length;
  if (!isOutsideLeftOut) {
    return terms.map(({ position, weight }) => ({
      position: Math.min(Math.max(position, 0), length - 1),
      weight,
    }));
  }
  const inside = terms.filter(isInside);
  const total = inside.reduce((sum, { weight }) => sum + weight, 0);
  return inside.map(({ position, weight }) => ({ position, weight: weight / total }));
}
