/**
 * One operator of a graph, as data. In: an ONNX operator name, the values it reads, its attributes. Out: a record that
 * `graph.ts` keeps in order and `encode.ts` writes as protobuf. Attribute kinds are spelled out because ONNX tells an
 * integer from a float and JavaScript does not.
 */
import type { FloatType, Value } from './value.ts';

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  /** A tensor of one element, which is 0. */
  | { readonly kind: 'zero'; readonly type: FloatType };

export type Attributes = Readonly<Record<string, Attribute>>;

/** Operator sets the graphs draw on: ONNX itself (''), ONNX Runtime's own, and that of exchanges, which the engine adds. */
export type Domain = '' | 'com.microsoft' | 'multigrid';

export interface Node {
  /** Scope and number, e.g. `slow/stage1/MatMul_12`; what profiles and errors show. */
  readonly name: string;
  readonly operator: string;
  readonly domain: Domain;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

export function int(value: number): Attribute {
  return { kind: 'int', value };
}

export function ints(values: readonly number[]): Attribute {
  return { kind: 'ints', values };
}

export function zero(type: FloatType): Attribute {
  return { kind: 'zero', type };
}

export function float(value: number): Attribute {
  return { kind: 'float', value };
}
