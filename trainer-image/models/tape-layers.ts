/**
 * Builds a network out of differentiable operations, activations `[C, N, T, H, W]`, the clip `[1, N, T, H, 3 * W]`. In: a tape and two choices in which
 * training and evaluation differ: how batch norm gets its statistics and whether features are dropped. Out: logits
 * `[N, K]`; parameters become graph inputs on the way.
 */
import type { Tape } from '../autodiff/tape.ts';
import type { FloatType, Value } from '../graph/value.ts';
import { COLOURS, nonLocalChannels } from './layers.ts';
import type { ConvolutionOptions, Extent, Layers, StemOptions } from './layers.ts';
import type { Similarity } from '../../multigrid/contract/network.ts';
import { slowFramePositions } from './slow-frames.ts';

/** Normalises the output of a convolution; `name` is the batch norm's. */
type Normalize = (name: string, x: Value, gamma: Value, beta: Value) => Value;

export interface TapeLayersOptions {
  readonly numClasses: number;
  /** Of activations and of the weights that meet them; parameters themselves, and the classifier, are float32. */
  readonly activations: FloatType;
  readonly normalize: Normalize;
  /** Applied to the features `[F, N]` before the classifier. */
  readonly dropout: (features: Value) => Value;
}

export class TapeLayers implements Layers<Value> {
  readonly #tape: Tape;
  readonly #options: TapeLayersOptions;
  readonly #parameters: Value[] = [];

  constructor(tape: Tape, options: TapeLayersOptions) {
    this.#tape = tape;
    this.#options = options;
  }

  /** The parameters that have become inputs, in forward order. */
  get parameters(): readonly Value[] {
    return this.#parameters;
  }

  stem(label: string, clip: Value, options: StemOptions): Value {
    const weights = this.#weights(label, COLOURS, options);
    const stride = options.stride[1];
    const { output } = this.#tape.apply('stemConvolution', label, [clip, weights], { stride });
    const normalized = this.#normalize(label, output);
    const pooled = this.#tape.apply('spatialMaxPool', `${label}.pool`, [normalized], {}).output;
    return this.#tape.apply('relu', label, [pooled], {}).output;
  }

  convolution(label: string, x: Value, options: ConvolutionOptions): Value {
    const weights = this.#weights(label, this.channels(x), options);
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
    const inner = nonLocalChannels(this.channels(x));
    const theta = this.#biased(`${label}.theta`, x, inner);
    const pooled = this.#tape.apply('pairMaxPool', `${label}.pool`, [x], {}).output;
    const phi = this.#biased(`${label}.phi`, pooled, inner);
    const g = this.#biased(`${label}.g`, pooled, inner);
    const seen = this.#tape.apply('attention', label, [theta, phi, g], { similarity }).output;
    const normalized = this.#normalize(label, this.#biased(`${label}.out`, seen, this.channels(x)));
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
    const features = this.#options.dropout(this.concatChannels(label, pooled));
    const classes = this.#options.numClasses;
    const weights = this.#parameter(`${label}.weight`, [classes, features.dims[0]!]);
    const bias = this.#parameter(`${label}.bias`, [classes]);
    return this.#tape.apply('linear', label, [features, weights, bias], {}).output;
  }

  #weights(
    label: string,
    inputs: number,
    { channels, kernel }: Pick<StemOptions, 'channels' | 'kernel'>,
  ): Value {
    return this.#narrow(label, this.#parameter(`${label}.weight`, [channels, inputs, ...kernel]));
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
  #biased(label: string, x: Value, channels: number): Value {
    const weights = this.#weights(label, this.channels(x), { channels, kernel: [1, 1, 1] });
    const bias = this.#narrow(label, this.#parameter(`${label}.bias`, [channels]));
    const product = this.#tape.apply('pointwiseConvolution', label, [x, weights], { stride: 1 }).output;
    return this.#tape.apply('channelBias', label, [product, bias], {}).output;
  }

  /** A parameter as activations meet it. */
  #narrow(label: string, parameter: Value): Value {
    return this.#tape.apply('cast', label, [parameter], { type: this.#options.activations }).output;
  }

  #normalize(label: string, x: Value): Value {
    const channels = [this.channels(x)];
    const gamma = this.#parameter(`${label}.norm.gamma`, channels);
    const beta = this.#parameter(`${label}.norm.beta`, channels);
    return this.#options.normalize(`${label}.norm`, x, gamma, beta);
  }

  #parameter(name: string, dims: readonly number[]): Value {
    const value = this.#tape.graph.input(name, 'float32', dims);
    this.#parameters.push(value);
    return value;
  }
}

function spatialStep(label: string, stride: Extent): 1 | 2 {
  const step = stride[1];
  if (step !== 1 && step !== 2) {
    throw new RangeError(`${label}: spatial stride ${step}; the convolution rules know 1 and 2`);
  }
  return step;
}
