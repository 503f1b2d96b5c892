/**
 * Resize: interpolation to another size, one axis after the other. In: a node whose sizes or scales are known by the time it
 * is reached. Out: resampled axes on our tape, in the layout that the operand has. The axis that shrinks most goes first.
 */
import { formatDims } from '../../../graph/value.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { axisIn, computed, dimsOf } from '../operand.ts';
import { ownLayout, required } from './elementwise.ts';
import { COORDINATES, ROUNDINGS, resizeSums } from './resize-sums.ts';
import type { ResizedAxis, ResizeForm } from './resize-sums.ts';
import { forClips, knownList } from './shape.ts';

/** No axis of a video network is longer; a file that asks for more is damaged. */
const LONGEST = 2 ** 16;

const MODES = { nearest: null, linear: null, cubic: null };

/** One of the names that an attribute may have. */
function choose<Name extends string>(
  node: NodeReader,
  attribute: string,
  choices: Readonly<Record<Name, unknown>>,
  otherwise: Name,
): Name {
  const wanted = node.string(attribute, otherwise);
  const isChoice = (name: string): name is Name => Object.hasOwn(choices, name);
  if (!isChoice(wanted)) {
    throw node.refuse(`${attribute} ${wanted} is not supported; ${Object.keys(choices).join(', ')} are`);
  }
  return wanted;
}

function formOf(node: NodeReader): ResizeForm {
  if (node.int('antialias', 0) === 1) {
    throw node.refuse('antialias is not supported; export the network with antialias=False');
  }
  if (node.string('keep_aspect_ratio_policy', 'stretch') !== 'stretch') {
    throw node.refuse('keep_aspect_ratio_policy is not supported; give the sizes that are meant');
  }
  return {
    mode: choose(node, 'mode', MODES, 'nearest'),
    coordinates: choose(node, 'coordinate_transformation_mode', COORDINATES, 'half_pixel'),
    rounding: choose(node, 'nearest_mode', ROUNDINGS, 'round_prefer_floor'),
    cubic: node.float('cubic_coeff_a', -0.75),
    isOutsideLeftOut: node.int('exclude_outside', 0) === 1,
  };
}

interface NamedAxis extends ResizedAxis {
  readonly axis: number;
}

/** The axes of which the node says something, with their lengths before and after. */
function axesOf(walk: Walk, node: NodeReader, inputs: Inputs, dims: readonly number[]): readonly NamedAxis[] {
  const named = node.ints('axes')?.map((axis) => node.axis(axis, dims.length));
  const axes = named ?? dims.map((_, axis) => axis);
  const given = (position: number): readonly number[] | null => {
    const list = knownList(node, inputs, position);
    return list === null || list.length === 0 ? null : list;
  };
  const [scales, sizes] = [given(2), given(3)];
  const list = sizes ?? scales;
  if (list?.length !== axes.length || list.some((entry) => !(entry > 0))) {
    throw node.refuse(
      `it has ${list === null ? 'neither sizes nor scales' : formatDims(list)} for ${axes.length} axes of ${formatDims(dims)}`,
    );
  }
  // A batch that the exporter wrote down as a number follows the clips of the run.
  const lengths = sizes !== null && axes[0] === 0 ? (forClips(walk, sizes) ?? sizes) : sizes;
  return axes.map((axis, index) => {
    const from = dims[axis]!;
    if (lengths !== null) {
      const to = lengths[index]!;
      return { axis, from, to, scale: Math.fround(to / from) };
    }
    const scale = Math.fround(scales![index]!);
    return { axis, from, to: Math.floor(Math.fround(from * scale)), scale };
  });
}

export const resize: Handler = {
  limits:
    'without antialias, keep_aspect_ratio_policy and tf_crop_and_resize; sizes must not depend on pixels',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const form = formOf(node);
    const axes = axesOf(walk, node, inputs, dimsOf(x));
    const wrong = axes.find(
      ({ axis, to, from }) => !(to >= 1 && to <= LONGEST) || (axis === 0 && to !== from),
    );
    if (wrong !== undefined) {
      throw node.refuse(`it makes ${wrong.to} of the ${wrong.from} elements along axis ${wrong.axis}`);
    }
    const layout = ownLayout(x);
    const changed = axes
      .filter(({ from, to, scale }) => from !== to || scale !== 1)
      .toSorted((a, b) => a.to / a.from - b.to / b.from);
    const resized = changed.reduce(
      (value, axis) => {
        const options = { axis: axisIn(layout, axis.axis), sums: resizeSums(form, axis) };
        return walk.apply('resample', [value], options).output;
      },
      walk.value(x, layout),
    );
    return [computed(resized, layout)];
  },
};
