/**
 * The table of operators: every ONNX operator that a user's network may be made of, by name. In: nothing. Out: the frozen
 * table. Next: `inventory.ts` and `walk.ts` look operators up, `multigrid operators` prints it.
 */
import type { Handler } from './handler.ts';
import { activations } from './operators/activations.ts';
import { attention } from './operators/attention.ts';
import { blocks } from './operators/blocks.ts';
import { constants } from './operators/constants.ts';
import { convolution } from './operators/convolution.ts';
import { einsum } from './operators/einsum.ts';
import { elementwise } from './operators/elementwise.ts';
import { groupNormalizations } from './operators/group-normalization.ts';
import { lists } from './operators/lists.ts';
import { logic } from './operators/logic.ts';
import { normalization } from './operators/normalization.ts';
import { norms } from './operators/norms.ts';
import { pad } from './operators/pad.ts';
import { pieces } from './operators/pieces.ts';
import { products } from './operators/product.ts';
import { recurrent } from './operators/recurrent.ts';
import { reductions } from './operators/reduce.ts';
import { resize } from './operators/resize.ts';
import { gatherElements, scatterNd } from './operators/scatter.ts';
import { shape } from './operators/shape.ts';
import { transposedConvolution } from './operators/transposed-convolution.ts';
import { triangles } from './operators/triangles.ts';

export const OPERATORS: ReadonlyMap<string, Handler> = new Map(
  Object.entries<Handler>({
    ...elementwise,
    ...activations,
    ...logic,
    ...constants,
    ...shape,
    ...pieces,
    ...lists,
    ...blocks,
    ...triangles,
    ...reductions,
    ...norms,
    ...normalization,
    ...groupNormalizations,
    ...products,
    ...recurrent,
    Attention: attention,
    Conv: convolution,
    ConvTranspose: transposedConvolution,
    Einsum: einsum,
    GatherElements: gatherElements,
    Pad: pad,
    Resize: resize,
    ScatterND: scatterNd,
  }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
);
