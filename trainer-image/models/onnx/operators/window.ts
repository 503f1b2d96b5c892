/**
 * The window of a convolution or pooling node. In: a node, the kernel, the lengths of the axes of space. Out: strides,
 * pads and dilations, one number per axis, with `auto_pad` worked out.
 */
import { formatDims } from '../../../graph/value.ts';
import type { NodeReader } from '../node-reader.ts';

export interface Window {
  readonly strides: readonly number[];
  readonly padsBefore: readonly number[];
  readonly padsAfter: readonly number[];
  readonly dilations: readonly number[];
}

/** @throws OnnxUnsupportedError when a list does not fit the number of axes. */
export function readWindow(
  node: NodeReader,
  { kernel, space }: { readonly kernel: readonly number[]; readonly space: readonly number[] },
): Window {
  const list = (name: string, otherwise: number, length: number): readonly number[] => {
    const values = node.ints(name) ?? new Array<number>(length).fill(otherwise);
    const least = name === 'pads' ? 0 : 1;
    if (values.length !== length || values.some((value) => !Number.isSafeInteger(value) || value < least)) {
      throw node.refuse(
        `${name} is ${formatDims(values)}; ${length} numbers of at least ${least} are needed`,
      );
    }
    return values;
  };
  const strides = list('strides', 1, kernel.length);
  const dilations = list('dilations', 1, kernel.length);
  const mode = node.string('auto_pad', 'NOTSET');
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    const totals = kernel.map((length, axis) => {
      const reach = (length - 1) * dilations[axis]! + 1;
      const positions = Math.ceil(space[axis]! / strides[axis]!);
      return Math.max(0, (positions - 1) * strides[axis]! + reach - space[axis]!);
    });
    const smaller = totals.map((pads) => Math.floor(pads / 2));
    const larger = totals.map((pads, axis) => pads - smaller[axis]!);
    return mode === 'SAME_UPPER'
      ? { strides, dilations, padsBefore: smaller, padsAfter: larger }
      : { strides, dilations, padsBefore: larger, padsAfter: smaller };
  }
  const pads = list('pads', 0, 2 * kernel.length);
  return {
    strides,
    dilations,
    padsBefore: pads.slice(0, kernel.length),
    padsAfter: pads.slice(kernel.length),
  };
}
