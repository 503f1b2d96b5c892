/**
 * Where every parameter lies inside one flat vector: those with weight decay in front, each on a boundary that the
 * device aligns to. In: slots. Out: offsets in elements. With one vector for all, an update is a dozen operators, a
 * checkpoint one copy, whatever the number of layers.
 */
import type { ParameterSlot } from '../../engine/engine.ts';

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

export function layOutFlat(slots: readonly ParameterSlot[]): FlatLayout {
  const places = new Map<string, FlatPlace>();
  let length = 0;
  const put = ({ name, dims }: ParameterSlot): void => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    places.set(name, { dims, offset: length, count });
    length += Math.ceil(count / ALIGNMENT) * ALIGNMENT;
  };
  slots.filter(({ decay }) => decay).forEach(put);
  const decayed = length;
  slots.filter(({ decay }) => !decay).forEach(put);
  return { places, decayed, length };
}
