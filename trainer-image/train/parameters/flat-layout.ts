/**
 * Where every parameter lies inside one flat vector: those with weight decay in front, each on a boundary that the
 * device aligns to. In: parameters. Out: offsets in elements, and the pieces in which the vector is worked on. With one vector
 * for all, an update is a dozen operators, a checkpoint one copy, an all-reduce one call, whatever the number of layers.
 */
import { elementCount } from '../../graph/value.ts';

/** A parameter as the store keeps it. */
export interface StoredParameter {
  readonly name: string;
  readonly dims: readonly number[];
  /** Whether weight decay acts on it. */
  readonly decay: boolean;
}

/** 256 bytes of float32. */
const ALIGNMENT = 64;

export interface FlatPlace {
  readonly dims: readonly number[];
  readonly offset: number;
  readonly count: number;
}

export interface FlatLayout {
  readonly places: ReadonlyMap<string, FlatPlace>;
  /** Elements with weight decay: `[0, decayed)`. */
  readonly decayed: number;
  /** Elements in all. */
  readonly length: number;
}

/** A stretch of the flat vector whose parameters are updated alike, in elements. */
export interface Piece {
  readonly start: number;
  readonly length: number;
  readonly isDecayed: boolean;
}

/** Parameters that cannot be laid out side by side. */
export class FlatLayoutError extends Error {
  override readonly name = 'FlatLayoutError';
}

/** @throws FlatLayoutError when two parameters have one name. */
export function layOutFlat(parameters: readonly StoredParameter[]): FlatLayout {
  const places = new Map<string, FlatPlace>();
  let length = 0;
  const put = ({ name, dims }: StoredParameter): void => {
    if (places.has(name)) {
      throw new FlatLayoutError(`two parameters are named "${name}"`);
    }
    const count = elementCount(dims);
    places.set(name, { dims, offset: length, count });
    length += Math.ceil(count / ALIGNMENT) * ALIGNMENT;
  };
  parameters.filter(({ decay }) => decay).forEach(put);
  const decayed = length;
  parameters.filter(({ decay }) => !decay).forEach(put);
  return { places, decayed, length };
}

/** @param most - elements of a piece, a multiple of the alignment. */
export function piecesOf({ decayed, length }: FlatLayout, most: number): readonly Piece[] {
  const cut = (from: number, to: number, isDecayed: boolean): readonly Piece[] =>
    Array.from({ length: Math.ceil((to - from) / most) }, (_, index) => {
      const start = from + index * most;
      return { start, length: Math.min(most, to - start), isDecayed };
    });
  return [...cut(0, decayed, true), ...cut(decayed, length, false)];
}
