/**
 * An ONNX network as the rest of this folder sees it: checked, bounded, typed, nodes in an order in which they can run.
 * Out: read by the inventory (`inventory.ts`), the walk (`walk.ts`) and the export.
 */
import type { KnownTensor, StoredNumbers } from './known-tensor.ts';

/** Value of one attribute of a node. */
export type AttributeValue =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'floats'; readonly values: readonly number[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: KnownTensor }
  | { readonly kind: 'other' };

export interface OnnxNode {
  /** The node's name, or its first output's where it has none. */
  readonly name: string;
  readonly operator: string;
  /** Names of values; `''` for an input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** A tensor stored in the file. */
export interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: KnownTensor['type'];
  /** The numbers; null when the file holds none (a graph stored without its weights). */
  readonly data: StoredNumbers | null;
}

/** Length of an axis of the input: a number, or the name of a free axis. */
export type AxisLength = number | string;

export interface OnnxModel {
  readonly opset: number;
  readonly input: { readonly name: string; readonly dims: readonly AxisLength[] };
  readonly output: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, Initializer>;
}
