/**
 * Blocks of pixels as channels, and channels as blocks of pixels: SpaceToDepth and DepthToSpace, which pixel shuffles are
 * exported as. In: nodes on `[N, C, H, W]`. Out: reshapes and one transpose on our tape.
 */
import { formatDims } from '../../../graph/value.ts';
import type { Handler, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { required } from './elementwise.ts';

interface Image {
  readonly dims: readonly [clips: number, channels: number, height: number, width: number];
  readonly block: number;
}

function imageOf(node: NodeReader, x: Operand): Image {
  const [clips, channels, height, width, ...more] = dimsOf(x);
  const block = node.int('blocksize', 0);
  if (
    clips === undefined ||
    channels === undefined ||
    height === undefined ||
    width === undefined ||
    more.length > 0 ||
    block < 1
  ) {
    throw node.refuse(`blocksize ${block} of ${formatDims(dimsOf(x))}; an image [N, C, H, W] is needed`);
  }
  return { dims: [clips, channels, height, width], block };
}

/** x under other dims, its axes in another order, under other dims again. */
function rearranged(
  walk: Walk,
  x: Operand,
  form: {
    readonly apart: readonly number[];
    readonly order: readonly number[];
    readonly together: readonly number[];
  },
): Operand {
  const { output: split } = walk.apply('reshape', [walk.value(x, 'asWritten')], { dims: form.apart });
  const { output: turned } = walk.apply('transpose', [split], { permutation: form.order });
  return computed(walk.apply('reshape', [turned], { dims: form.together }).output);
}

const depthToSpace: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const {
      dims: [clips, channels, height, width],
      block,
    } = imageOf(node, x);
    const left = channels / block ** 2;
    const mode = node.string('mode', 'DCR');
    if (!Number.isInteger(left) || (mode !== 'DCR' && mode !== 'CRD')) {
      throw node.refuse(`mode ${mode}, blocksize ${block}: ${channels} channels are no such blocks`);
    }
    const together = [clips, left, height * block, width * block];
    return [
      mode === 'DCR'
        ? rearranged(walk, x, {
            apart: [clips, block, block, left, height, width],
            order: [0, 3, 4, 1, 5, 2],
            together,
          })
        : rearranged(walk, x, {
            apart: [clips, left, block, block, height, width],
            order: [0, 1, 4, 2, 5, 3],
            together,
          }),
    ];
  },
};

const spaceToDepth: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const {
      dims: [clips, channels, height, width],
      block,
    } = imageOf(node, x);
    if (height % block !== 0 || width % block !== 0) {
      throw node.refuse(`blocksize ${block} does not divide ${height} x ${width}`);
    }
    return [
      rearranged(walk, x, {
        apart: [clips, channels, height / block, block, width / block, block],
        order: [0, 3, 5, 1, 2, 4],
        together: [clips, channels * block ** 2, height / block, width / block],
      }),
    ];
  },
};

export const blocks = {
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
} satisfies Readonly<Record<string, Handler>>;
