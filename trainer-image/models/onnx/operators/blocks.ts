/**
 * Blocks of pixels as channels, and channels as blocks of pixels: SpaceToDepth and DepthToSpace, which pixel shuffles are
 * exported as. In: nodes on `[N, C, H, W]`. Out: reshapes and one transpose on our tape.
 */
import { formatDims } from '../../../graph/value.ts';
import type { Handler } from '../handler.ts';
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

/** An image under other dims, its axes in another order, under other dims again. */
interface Rearrangement {
  readonly apart: readonly number[];
  readonly order: readonly number[];
  readonly together: readonly number[];
}

function onImages(rearrange: (node: NodeReader, image: Image) => Rearrangement): Handler {
  return {
    limits: '',
    differentiable: [0],
    emit: (walk, node, inputs) => {
      const x = required(node, inputs, 0);
      const { apart, order, together } = rearrange(node, imageOf(node, x));
      const { output: split } = walk.apply('reshape', [walk.value(x, 'asWritten')], { dims: apart });
      const { output: turned } = walk.apply('transpose', [split], { permutation: order });
      return [computed(walk.apply('reshape', [turned], { dims: together }).output)];
    },
  };
}

const depthToSpace = onImages((node, { dims: [clips, channels, height, width], block }) => {
  const left = channels / block ** 2;
  const mode = node.string('mode', 'DCR');
  if (!Number.isInteger(left) || (mode !== 'DCR' && mode !== 'CRD')) {
    throw node.refuse(`mode ${mode}, blocksize ${block}: ${channels} channels are no such blocks`);
  }
  const together = [clips, left, height * block, width * block];
  return mode === 'DCR'
    ? { apart: [clips, block, block, left, height, width], order: [0, 3, 4, 1, 5, 2], together }
    : { apart: [clips, left, block, block, height, width], order: [0, 1, 4, 2, 5, 3], together };
});

const spaceToDepth = onImages((node, { dims: [clips, channels, height, width], block }) => {
  if (height % block !== 0 || width % block !== 0) {
    throw node.refuse(`blocksize ${block} does not divide ${height} x ${width}`);
  }
  const [down, across] = [height / block, width / block];
  return {
    apart: [clips, channels, down, block, across, block],
    order: [0, 3, 5, 1, 2, 4],
    together: [clips, channels * block ** 2, down, across],
  };
});

export const blocks = {
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
} satisfies Readonly<Record<string, Handler>>;
