/**
 * The networks with one pathway: C2D, a network for images applied to every frame; I3D, inflated along time (Carreira &
 * Zisserman 2017 on a ResNet); Slow, SlowFast's slow pathway alone; each with or without non-local blocks. In: the
 * pathway's name, a clip and a set of layers. Out: logits. Built by `create-network.ts`.
 */
import { residualStage } from './bottleneck.ts';
import type { Layers } from './layers.ts';
import type { NetworkSpec } from './network.ts';
import { type PathwayName, PATHWAYS } from './pathways.ts';
import { mainStages } from './stages.ts';

export function singlePathway(
  pathway: Exclude<PathwayName, 'fast'>,
): <V>(layers: Layers<V>, spec: NetworkSpec, clip: V) => V {
  const { stemFrames, poolsTime } = PATHWAYS[pathway];
  return (layers, spec, clip) => {
    const stem = layers.stem('stem', clip, {
      channels: spec.width,
      kernel: [stemFrames, spec.stemKernel, spec.stemKernel],
      stride: [1, 2, 2],
    });
    const features = mainStages(spec, pathway).reduce((x, stage, index) => {
      const out = residualStage(layers, `stage${index + 1}`, x, stage);
      return index === 0 && poolsTime ? layers.poolTime('stage1.pool', out) : out;
    }, stem);
    return layers.classifier('head', [features]);
  };
}
