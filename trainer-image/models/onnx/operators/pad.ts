/**
 * Pad: constant numbers, the edge, a reflection or the other end around a value. In: a node whose pads are known by the time
 * it is reached. Out: the same on our tape, in the layout that the operand has. A negative pad cuts elements off.
 */
import type { Handler, Inputs, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { axisIn, computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { ownLayout, required } from './elementwise.ts';
import { take } from './pieces.ts';
import { knownList } from './shape.ts';

/** Elements that one pad may add; a file that asks for more is damaged. */
const MOST = 2 ** 16;

interface AxisPads {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** Where the element at a position comes from; positions outside `[0, length)` lie in the padding. */
type Source = (position: number, length: number) => number;

const SOURCES: ReadonlyMap<string, Source> = new Map<string, Source>([
  ['edge', (position, length) => Math.min(Math.max(position, 0), length - 1)],
  ['reflect', (position, length) => length - 1 - Math.abs(length - 1 - Math.abs(position))],
  ['wrap', (position, length) => ((position % length) + length) % length],
]);

function padsOf(node: NodeReader, inputs: Inputs, rank: number): readonly AxisPads[] {
  const axes = (knownList(node, inputs, 3) ?? Array.from({ length: rank }, (_, axis) => axis)).map((axis) =>
    node.axis(axis, rank),
  );
  const pads = knownList(node, inputs, 1) ?? [];
  if (pads.length !== 2 * axes.length || pads.some((length) => !(Math.abs(length) <= MOST))) {
    throw node.refuse(
      `its pads are [${pads.join(', ')}]; ${axes.length} axes need two numbers each, of at most ${MOST}`,
    );
  }
  const around = axes.map((axis, index) => ({
    axis,
    before: pads[index]!,
    after: pads[index + axes.length]!,
  }));
  return around.filter(({ before, after }) => before !== 0 || after !== 0);
}

/** Without what negative pads cut off. */
function cut(walk: Walk, x: Operand, pads: readonly AxisPads[]): Operand {
  const ranges = pads.flatMap(({ axis, before, after }) => {
    const [start, end] = [Math.max(-before, 0), Math.max(-after, 0)];
    return start + end === 0 ? [] : [{ axis, start, end: dimsOf(x)[axis]! - end, step: 1 }];
  });
  return take(walk, x.kind === 'known' ? computed(walk.value(x, 'asWritten')) : x, ranges);
}

function withConstant(walk: Walk, x: Operand, pads: readonly AxisPads[], fill: number): Operand {
  const layout = ownLayout(x);
  const paddings = pads.map(({ axis, before, after }) => ({ axis: axisIn(layout, axis), before, after }));
  return computed(walk.apply('pad', [walk.value(x, layout)], { paddings, fill }).output, layout);
}

function fromInside(walk: Walk, x: Operand, pads: readonly AxisPads[], source: Source): Operand {
  const layout = ownLayout(x);
  const padded = pads.reduce(
    (value, { axis, before, after }) => {
      const length = dimsOf(x)[axis]!;
      const sums = Array.from({ length: before + length + after }, (_, index) => [
        { position: source(index - before, length), weight: 1 },
      ]);
      return walk.apply('resample', [value], { axis: axisIn(layout, axis), sums }).output;
    },
    walk.value(x, layout),
  );
  return computed(padded, layout);
}

/** A reflection leaves the edge out and goes once, a wrap goes round once, as PyTorch has them. */
function requireEnough(node: NodeReader, mode: string, x: Operand, pads: readonly AxisPads[]): void {
  const spared = new Map([
    ['reflect', 1],
    ['wrap', 0],
  ]).get(mode);
  for (const { axis, before, after } of pads) {
    const length = dimsOf(x)[axis]!;
    if (spared !== undefined && Math.max(before, after) > length - spared) {
      throw node.refuse(
        `mode ${mode} adds ${before} and ${after} elements along axis ${axis}, which has ${length}; ` +
          `at most ${length - spared} can be`,
      );
    }
  }
}

export const pad: Handler = {
  limits: 'pads must not depend on pixels',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const mode = node.string('mode', 'constant');
    const pads = padsOf(node, inputs, dimsOf(x).length);
    const inside = cut(walk, x, pads);
    const added = pads
      .map(({ axis, before, after }) => ({ axis, before: Math.max(before, 0), after: Math.max(after, 0) }))
      .filter(({ before, after }) => before + after > 0);
    if (mode === 'constant') {
      return [withConstant(walk, inside, added, knownList(node, inputs, 2)?.[0] ?? 0)];
    }
    const source = SOURCES.get(mode);
    if (source === undefined) {
      throw node.refuse(`mode ${mode} is not supported; constant, ${[...SOURCES.keys()].join(', ')} are`);
    }
    requireEnough(node, mode, inside, added);
    return [fromInside(walk, inside, added, source)];
  },
};
