/**
 * Residual stages. In: an activation and one row of a network's stage table. Out: the activation after the stage's
 * bottleneck blocks [k, 1, 1] - [1, 3, 3] - [1, 1, 1], the spatial stride in the middle of the first, and the non-local
 * blocks among them. Used by every network.
 */
import type { Similarity } from '../../multigrid/contract/network.ts';
import type { Layers } from './layers.ts';

/** One row of a stage table. */
export interface Stage {
  /** Channels inside the bottleneck. */
  readonly inner: number;
  /** Channels out. */
  readonly outer: number;
  readonly spatialStride: 1 | 2;
  readonly blocks: readonly StageBlock[];
}

interface StageBlock {
  readonly temporalKernel: number;
  /** A non-local block follows, of this kind. */
  readonly nonLocal: Similarity | null;
}

export function residualStage<V>(layers: Layers<V>, label: string, x: V, stage: Stage): V {
  return stage.blocks.reduce((activation, { temporalKernel, nonLocal }, block) => {
    const blockLabel = `${label}.block${block}`;
    const out = layers.block(() =>
      bottleneck(layers, blockLabel, activation, {
        inner: stage.inner,
        outer: stage.outer,
        temporalKernel,
        spatialStride: block === 0 ? stage.spatialStride : 1,
      }),
    );
    return nonLocal === null
      ? out
      : layers.block(() => layers.nonLocal(`${blockLabel}.nonLocal`, out, nonLocal));
  }, x);
}

interface Block {
  readonly inner: number;
  readonly outer: number;
  readonly temporalKernel: number;
  readonly spatialStride: 1 | 2;
}

function bottleneck<V>(layers: Layers<V>, label: string, x: V, block: Block): V {
  const { inner, outer, temporalKernel, spatialStride } = block;
  const stride = [1, spatialStride, spatialStride] as const;
  const a = layers.convolution(`${label}.a`, x, {
    channels: inner,
    kernel: [temporalKernel, 1, 1],
    stride: [1, 1, 1],
    relu: true,
  });
  const b = layers.convolution(`${label}.b`, a, { channels: inner, kernel: [1, 3, 3], stride, relu: true });
  const c = layers.convolution(`${label}.c`, b, {
    channels: outer,
    kernel: [1, 1, 1],
    stride: [1, 1, 1],
    relu: false,
    endsBlock: true,
  });
  const needsProjection = spatialStride !== 1 || layers.channels(x) !== outer;
  const shortcut = needsProjection
    ? layers.convolution(`${label}.projection`, x, {
        channels: outer,
        kernel: [1, 1, 1],
        stride,
        relu: false,
      })
    : x;
  return layers.addRelu(`${label}.sum`, c, shortcut);
}
