/**
 * Builds a network out of differentiable operations, activations `[C, N, T, H, W]`, the clip `[1, N, T, H, 3 * W]`. In: a
 * tape and the choices in which training and evaluation differ. Out: logits `[N, K]`; parameters become graph inputs on the
 * way.
 */
import type { Tape } from '../autodiff/tape.ts';
import type { Value } from '../graph/value.ts';
import type { NetworkFront } from './forward.ts';
import type { ConvolutionOptions, Extent, Layers, StemOptions } from './layers.ts';
import type { Similarity } from '../../multigrid/contract/network.ts';
import { BATCH_NORM_EPSILON } from './normalization-statistics.ts';
import { slowFramePositions } from './slow-frames.ts';

type Choices = Parameters<NetworkFront['forward']>[2];

export class TapeLayers implements Layers<Value> {
  readonly #tape: Tape;
  readonly #choices: Choices;

  constructor(tape: Tape, choices: Choices) {
    this.#tape = tape;
    this.#choices = choices;
  }

  stem(label: string, clip: Value, options: StemOptions): Value {
    const weights = this.#weights(label);
    const stride = options.stride[1];
    const { output } = this.#tape.apply('stemConvolution', label, [clip, weights], { stride });
    const normalized = this.#normalize(label, output);
    const pooled = this.#tape.apply('spatialMaxPool', `${label}.pool`, [normalized], {}).output;
    return this.#tape.apply('relu', label, [pooled], {}).output;
  }

  convolution(label: string, x: Value, options: ConvolutionOptions): Value {
    const weights = this.#weights(label);
    const normalized = this.#normalize(label, this.#convolve(label, x, weights, options));
    return options.relu ? this.#tape.apply('relu', label, [normalized], {}).output : normalized;
  }

  poolTime(label: string, x: Value): Value {
    return this.#tape.apply('temporalMaxPool', label, [x], {}).output;
  }

  addRelu(label: string, x: Value, shortcut: Value): Value {
    const { output } = this.#tape.apply('add', label, [x, shortcut], {});
    return this.#tape.apply('relu', label, [output], {}).output;
  }

  nonLocal(label: string, x: Value, similarity: Similarity): Value {
    const theta = this.#biased(`${label}.theta`, x);
    const pooled = this.#tape.apply('pairMaxPool', `${label}.pool`, [x], {}).output;
    const phi = this.#biased(`${label}.phi`, pooled);
    const g = this.#biased(`${label}.g`, pooled);
    const seen = this.#tape.apply('attention', label, [theta, phi, g], { similarity }).output;
    const normalized = this.#normalize(label, this.#biased(`${label}.out`, seen));
    return this.#tape.apply('add', label, [x, normalized], {}).output;
  }

  block(body: () => Value): Value {
    return this.#tape.block(body);
  }

  concatChannels(label: string, parts: readonly Value[]): Value {
    return this.#tape.apply('concatChannels', label, parts, {}).output;
  }

  slowFrames(label: string, clip: Value, alpha: number): Value {
    const positions = slowFramePositions(clip.dims[2]!, alpha);
    return this.#tape.apply('pickFrames', label, [clip], { positions }).output;
  }

  channels(x: Value): number {
    return x.dims[0]!;
  }

  classifier(label: string, pathways: readonly Value[]): Value {
    const pooled = pathways.map((x) => {
      const wide = this.#tape.apply('cast', label, [x], { type: 'float32' }).output;
      return this.#tape.apply('meanPool', label, [wide], {}).output;
    });
    const features = this.#dropped(`${label}.dropout`, this.concatChannels(label, pooled));
    const { stored } = this.#choices;
    const [weights, bias] = [stored(`${label}.weight`), stored(`${label}.bias`)];
    return this.#tape.apply('linear', label, [features, weights, bias], {}).output;
  }

  #dropped(label: string, features: Value): Value {
    const { dropoutMask } = this.#choices;
    return dropoutMask === null
      ? features
      : this.#tape.apply('multiply', label, [features, dropoutMask], {}).output;
  }

  #weights(label: string): Value {
    return this.#narrow(label, this.#choices.stored(`${label}.weight`));
  }

  /** The operation that fits the kernel: its extent in time, in space, or in neither. */
  #convolve(label: string, x: Value, weights: Value, { kernel, stride }: ConvolutionOptions): Value {
    const [time, side] = kernel;
    const step = spatialStep(label, stride);
    if (time > 1) {
      const options = { stride: stride[0], padding: Math.floor(time / 2) };
      return this.#tape.apply('temporalConvolution', label, [x, weights], options).output;
    }
    if (side > 1) {
      const options = { stride: step, padding: Math.floor(side / 2) };
      return this.#tape.apply('spatialConvolution', label, [x, weights], options).output;
    }
    return this.#tape.apply('pointwiseConvolution', label, [x, weights], { stride: step }).output;
  }

  /** Convolution 1 x 1 x 1 with a bias. */
  #biased(label: string, x: Value): Value {
    const weights = this.#weights(label);
    const bias = this.#narrow(label, this.#choices.stored(`${label}.bias`));
    const product = this.#tape.apply('pointwiseConvolution', label, [x, weights], { stride: 1 }).output;
    return this.#tape.apply('channelBias', label, [product, bias], {}).output;
  }

  /** A parameter as activations meet it. */
  #narrow(label: string, parameter: Value): Value {
    return this.#tape.apply('cast', label, [parameter], { type: this.#choices.activations }).output;
  }

  #normalize(label: string, x: Value): Value {
    const { stored, normalize } = this.#choices;
    const [gamma, beta] = [stored(`${label}.norm.gamma`), stored(`${label}.norm.beta`)];
    return normalize(`${label}.norm`, [x, gamma, beta], BATCH_NORM_EPSILON);
  }
}

function spatialStep(label: string, stride: Extent): 1 | 2 {
  const step = stride[1];
  if (step !== 1 && step !== 2) {
    throw new RangeError(`${label}: spatial stride ${step}; the convolution rules know 1 and 2`);
  }
  return step;
}
