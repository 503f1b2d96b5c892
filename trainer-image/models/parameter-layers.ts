/**
 * Walks through a network without computing anything, to list what it is made of. In: a network function. Out: its
 * parameters and batch norms in forward order. The activations are nothing but channel counts.
 */
import { CLASSIFIER_WEIGHTS, heWeights } from './initial-values.ts';
import type { DeclaredParameter, Initialization } from './initial-values.ts';
import type { ConvolutionOptions, Extent, Layers, StemOptions } from './layers.ts';
import { nonLocalChannels } from './layers.ts';
import type { NormalizationInfo, ParameterInfo } from './network.ts';

const ZEROS: Initialization = { kind: 'constant', value: 0 };

export class ParameterLayers implements Layers<number> {
  readonly parameters: DeclaredParameter[] = [];
  readonly normalizations: NormalizationInfo[] = [];
  /** Features entering the classifier; 0 until the walk is done. */
  features = 0;
  readonly #classes: number;
  readonly #finalGamma: number;

  constructor(options: { readonly numClasses: number; readonly zeroInitFinalGamma: boolean }) {
    this.#classes = options.numClasses;
    this.#finalGamma = options.zeroInitFinalGamma ? 0 : 1;
  }

  stem(label: string, clip: number, options: StemOptions): number {
    return this.convolution(label, clip, { ...options, relu: true });
  }

  convolution(label: string, x: number, { channels, kernel, endsBlock = false }: ConvolutionOptions): number {
    this.#declareWeights(label, channels, x, kernel);
    this.#declareNorm(label, channels, endsBlock ? this.#finalGamma : 1);
    return channels;
  }

  poolTime(_label: string, x: number): number {
    return x;
  }

  addRelu(_label: string, x: number): number {
    return x;
  }

  nonLocal(label: string, x: number): number {
    const inner = nonLocalChannels(x);
    for (const part of ['theta', 'phi', 'g']) {
      this.#declareBiased(`${label}.${part}`, inner, x);
    }
    this.#declareBiased(`${label}.out`, x, inner);
    this.#declareNorm(label, x, this.#finalGamma);
    return x;
  }

  block(body: () => number): number {
    return body();
  }

  concatChannels(_label: string, parts: readonly number[]): number {
    return parts.reduce((sum, channels) => sum + channels, 0);
  }

  slowFrames(_label: string, clip: number): number {
    return clip;
  }

  channels(x: number): number {
    return x;
  }

  classifier(label: string, pathways: readonly number[]): number {
    this.features = this.concatChannels(label, pathways);
    this.#declare(`${label}.weight`, 'weight', [this.#classes, this.features], CLASSIFIER_WEIGHTS);
    this.#declare(`${label}.bias`, 'bias', [this.#classes], ZEROS);
    return this.#classes;
  }

  #declareWeights(label: string, channels: number, inputs: number, kernel: Extent): void {
    const dims = [channels, inputs, ...kernel];
    this.#declare(`${label}.weight`, 'weight', dims, heWeights(channels, kernel));
  }

  #declareBiased(label: string, channels: number, inputs: number): void {
    this.#declareWeights(label, channels, inputs, [1, 1, 1]);
    this.#declare(`${label}.bias`, 'bias', [channels], ZEROS);
  }

  #declareNorm(label: string, channels: number, gamma: number): void {
    this.#declare(`${label}.norm.gamma`, 'gamma', [channels], { kind: 'constant', value: gamma });
    this.#declare(`${label}.norm.beta`, 'beta', [channels], ZEROS);
    this.normalizations.push({ name: `${label}.norm`, channels });
  }

  #declare(
    name: string,
    role: ParameterInfo['role'],
    dims: readonly number[],
    initialization: Initialization,
  ): void {
    this.parameters.push({ name, dims, role, decay: role === 'weight', initialization });
  }
}
