/**
 * Walks through a network with shapes alone, to count its work. In: a network function and the shape of a clip. Out: for
 * every layer, in forward order, its output's shape and its multiply-adds: those of convolutions, the classifier and the
 * products of non-local blocks, for one clip. `multigrid models` prints the sum.
 */
import type { ConvolutionOptions, Extent, Layers, StemOptions } from './layers.ts';
import { nonLocalChannels } from './layers.ts';
import { slowFramePositions } from './slow-frames.ts';

/** An activation of one clip. */
export interface ActivationShape {
  readonly channels: number;
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

export interface CountedLayer {
  readonly label: string;
  readonly output: ActivationShape;
  readonly multiplyAdds: number;
}

export class CountingLayers implements Layers<ActivationShape> {
  readonly layers: CountedLayer[] = [];
  readonly #classes: number;

  constructor(options: { readonly numClasses: number }) {
    this.#classes = options.numClasses;
  }

  /** Multiply-adds of all layers. */
  get multiplyAdds(): number {
    return this.layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
  }

  stem(label: string, clip: ActivationShape, options: StemOptions): ActivationShape {
    const convolved = this.#convolve(label, clip, options);
    const pooled = windowed(convolved, [1, 3, 3], [1, 2, 2]);
    return this.#count(`${label}.pool`, pooled, 0);
  }

  convolution(label: string, x: ActivationShape, options: ConvolutionOptions): ActivationShape {
    return this.#convolve(label, x, options);
  }

  poolTime(label: string, x: ActivationShape): ActivationShape {
    return this.#count(label, { ...x, frames: Math.floor(x.frames / 2) }, 0);
  }

  addRelu(label: string, x: ActivationShape): ActivationShape {
    return this.#count(label, x, 0);
  }

  nonLocal(label: string, x: ActivationShape): ActivationShape {
    const inner = nonLocalChannels(x.channels);
    const pooled = { ...x, height: Math.floor(x.height / 2), width: Math.floor(x.width / 2) };
    const [all, few] = [positions(x), positions(pooled)];
    const projections = x.channels * inner * (2 * all + 2 * few);
    // Every position with every pooled one, once for the weights and once for the sum.
    const products = 2 * inner * all * few;
    return this.#count(label, x, projections + products);
  }

  block(body: () => ActivationShape): ActivationShape {
    return body();
  }

  concatChannels(label: string, parts: readonly ActivationShape[]): ActivationShape {
    const channels = parts.reduce((sum, part) => sum + part.channels, 0);
    return this.#count(label, { ...parts[0]!, channels }, 0);
  }

  slowFrames(label: string, clip: ActivationShape, alpha: number): ActivationShape {
    return this.#count(label, { ...clip, frames: slowFramePositions(clip.frames, alpha).length }, 0);
  }

  channels(x: ActivationShape): number {
    return x.channels;
  }

  classifier(label: string, pathways: readonly ActivationShape[]): ActivationShape {
    const features = pathways.reduce((sum, { channels }) => sum + channels, 0);
    const logits = { channels: this.#classes, frames: 1, height: 1, width: 1 };
    return this.#count(label, logits, features * this.#classes);
  }

  #convolve(
    label: string,
    x: ActivationShape,
    { channels, kernel, stride }: Pick<ConvolutionOptions, 'channels' | 'kernel' | 'stride'>,
  ): ActivationShape {
    const output = { ...windowed(x, kernel, stride), channels };
    const taps = kernel[0] * kernel[1] * kernel[2];
    return this.#count(label, output, positions(output) * channels * x.channels * taps);
  }

  #count(label: string, output: ActivationShape, multiplyAdds: number): ActivationShape {
    this.layers.push({ label, output, multiplyAdds });
    return output;
  }
}

/** Positions of a window padded by half of its length. */
function windowed(x: ActivationShape, kernel: Extent, stride: Extent): ActivationShape {
  const along = (length: number, axis: 0 | 1 | 2): number =>
    Math.floor((length + 2 * Math.floor(kernel[axis] / 2) - kernel[axis]) / stride[axis]) + 1;
  return { ...x, frames: along(x.frames, 0), height: along(x.height, 1), width: along(x.width, 2) };
}

function positions({ frames, height, width }: ActivationShape): number {
  return frames * height * width;
}
