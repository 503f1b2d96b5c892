/**
 * SlowFast (Feichtenhofer et al. 2019): a slow pathway that sees few frames with many channels, a fast one that sees all
 * frames with few, and lateral connections from fast to slow after the stem and every stage but the last. In: a clip and
 * a set of layers. Out: logits. Built by `create-network.ts`.
 */
import { residualStage } from './bottleneck.ts';
import type { Layers } from './layers.ts';
import type { NetworkSpec } from './network.ts';
import { PATHWAYS } from './pathways.ts';
import { fastStages, fastWidth, mainStages } from './stages.ts';

interface Pathways<V> {
  readonly slow: V;
  readonly fast: V;
}

export function slowFast<V>(layers: Layers<V>, spec: NetworkSpec, clip: V): V {
  const fastTable = fastStages(spec);
  const stems: Pathways<V> = {
    slow: stem(layers, 'slow', layers.slowFrames('slow.frames', clip, spec.alpha), {
      channels: spec.width,
      frames: PATHWAYS.slow.stemFrames,
      side: spec.stemKernel,
    }),
    fast: stem(layers, 'fast', clip, {
      channels: fastWidth(spec),
      frames: PATHWAYS.fast.stemFrames,
      side: spec.stemKernel,
    }),
  };
  const features = mainStages(spec, 'slow').reduce((pathways, stage, index) => {
    // The lateral connection comes before every stage, so there is none after the last.
    const joined = fuse(layers, `lateral${index}`, pathways, spec);
    return {
      slow: residualStage(layers, `slow.stage${index + 1}`, joined, stage),
      fast: residualStage(layers, `fast.stage${index + 1}`, pathways.fast, fastTable[index]!),
    };
  }, stems);
  return layers.classifier('head', [features.slow, features.fast]);
}

function stem<V>(
  layers: Layers<V>,
  pathway: string,
  clip: V,
  shape: { readonly channels: number; readonly frames: number; readonly side: number },
): V {
  return layers.stem(`${pathway}.stem`, clip, {
    channels: shape.channels,
    kernel: [shape.frames, shape.side, shape.side],
    stride: [1, 2, 2],
  });
}

/** The slow activation with twice the fast channels, brought to the slow frame rate, behind its own. */
function fuse<V>(layers: Layers<V>, label: string, { slow, fast }: Pathways<V>, spec: NetworkSpec): V {
  const lateral = layers.convolution(label, fast, {
    channels: 2 * layers.channels(fast),
    kernel: [spec.fusionKernel, 1, 1],
    stride: [spec.alpha, 1, 1],
    relu: true,
  });
  return layers.concatChannels(`${label}.concat`, [slow, lateral]);
}
