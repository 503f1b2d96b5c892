/**
 * The forward pass of a network, wherever it comes from (the zoo's code, a user's file): pixels normalised, stored tensors as
 * inputs of the graph. In: a tape and the choices in which training and evaluation differ. Out: logits `[N, K]` and the
 * parameters among the inputs.
 */
import type { PixelStatistics } from '../../multigrid/contract/pixels.ts';
import type { Tape } from '../autodiff/tape.ts';
import type { Graph } from '../graph/graph.ts';
import type { FloatType, Value } from '../graph/value.ts';
import type { InputShape, Network } from './network.ts';

/** The choices in which training and evaluation differ. */
export interface ForwardChoices {
  /** Of activations and of the weights that meet them; parameters themselves are float32. */
  readonly activations: FloatType;
  /** Normalises activations `[C, N, T, H, W]`; `name` is the batch norm's. */
  readonly normalize: (
    name: string,
    inputs: readonly [x: Value, gamma: Value, beta: Value],
    epsilon: number,
  ) => Value;
  /** What features are multiplied by before the classifier, `[F, N]`; null where none is dropped. */
  readonly dropoutMask: Value | null;
}

export interface ForwardOptions extends ForwardChoices {
  /** The input of the graph that a parameter or frozen tensor is, by its name. */
  readonly stored: (name: string) => Value;
}

/** What the graphs of a network are built from. */
export interface NetworkFront extends Pick<
  Network,
  'numClasses' | 'dropout' | 'loss' | 'parameters' | 'frozen' | 'features'
> {
  /** For the names of graphs. */
  readonly name: string;
  readonly pixels: PixelStatistics;
  /** Emits the network, from normalised pixels `[1, N, T, H, 3 * W]` to logits `[N, K]` in float32. */
  readonly forward: (tape: Tape, pixels: Value, options: ForwardOptions) => Value;
}

/** Pixels as they are decoded, uint8 `[N, T, H, W, 3]`. */
export function clipInput(graph: Graph, { clips, frames, cropSize }: InputShape): Value {
  return graph.input('clip', 'uint8', [clips, frames, cropSize, cropSize, 3]);
}

/** Gives stored tensors by name; each becomes an input of the graph when it is first asked for. */
export function storedInputs(
  graph: Graph,
  { parameters, frozen }: Pick<Network, 'parameters' | 'frozen'>,
): ForwardOptions['stored'] {
  const types = new Map(frozen.map(({ name, type }) => [name, type]));
  const dims = new Map([...parameters, ...frozen].map((tensor) => [tensor.name, tensor.dims]));
  const inputs = new Map<string, Value>();
  return (name) => {
    const input = inputs.get(name) ?? graph.input(name, types.get(name) ?? 'float32', dims.get(name)!);
    inputs.set(name, input);
    return input;
  };
}

export function emitForward(
  tape: Tape,
  front: NetworkFront,
  clip: Value,
  choices: ForwardChoices,
): { readonly logits: Value; readonly parameters: readonly Value[] } {
  const options = { type: choices.activations, pixels: front.pixels };
  const { output: pixels } = tape.apply('normalizeClip', 'clip', [clip], options);
  const stored = storedInputs(tape.graph, front);
  const logits = front.forward(tape, pixels, { ...choices, stored });
  return { logits, parameters: front.parameters.map(({ name }) => stored(name)) };
}
