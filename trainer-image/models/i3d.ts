/**
 * I3D: a residual network inflated along time (method.md's table; Carreira & Zisserman 2017 on a ResNet). In: a clip and
 * a set of layers. Out: logits. Built by `create-network.ts`.
 */
import { residualStage } from './bottleneck.ts';
import type { Layers } from './layers.ts';
import type { NetworkSpec } from './network.ts';
import { i3dStages } from './stages.ts';

/** Frames of the stem's kernel. */
const STEM_FRAMES = 5;

export function i3d<V>(layers: Layers<V>, spec: NetworkSpec, clip: V): V {
  const stem = layers.stem('stem', clip, {
    channels: spec.width,
    kernel: [STEM_FRAMES, spec.stemKernel, spec.stemKernel],
    stride: [1, 2, 2],
  });
  const features = i3dStages(spec).reduce((x, stage, index) => {
    const out = residualStage(layers, `stage${index + 1}`, x, stage);
    return index === 0 ? layers.poolTime('stage1.pool', out) : out;
  }, stem);
  return layers.classifier('head', [features]);
}
