/**
 * What a picture needs of an ONNX model: its nodes by the part of the network they were made for, and what flows between
 * them. In: a model's bytes. Out: plain records. Next: `step-diagram.ts` draws them.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';

export interface DrawnNode {
  /** Part of the network, e.g. `stage1.block0.a` or `stage1.block0.a/gradient`. */
  readonly scope: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const GRADIENT = '/gradient';

/** @throws Error of the protobuf library when the bytes are no model. */
export function readNodes(model: Uint8Array): readonly DrawnNode[] {
  const { graph } = fromBinary(ModelProtoSchema, model);
  // A value that leaves the graph under two names is copied for the second; the copy belongs to no part.
  const nodes = (graph?.node ?? [])
    .filter(({ opType }) => opType !== 'Identity')
    .toSorted((a, b) => numberOf(a.name) - numberOf(b.name));
  const parts = new Set(nodes.map(({ name }) => partOf(scopeOf(name))));
  return nodes.map(({ name, opType, input, output }) => ({
    scope: layerOf(scopeOf(name), parts),
    operator: opType,
    inputs: input,
    outputs: output,
  }));
}

/** Nodes are numbered as they are made; the file has them in another order. */
function numberOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('_') + 1));
}

/** A node's name is its scope, its operator and its number. */
function scopeOf(name: string): string {
  return name.split('/').slice(0, -1).join('/');
}

function partOf(scope: string): string {
  return scope.endsWith(GRADIENT) ? scope.slice(0, -GRADIENT.length) : scope;
}

/** A convolution's batch norm and pooling are drawn with it. */
function layerOf(scope: string, parts: ReadonlySet<string>): string {
  const part = partOf(scope);
  const parent = part.split('.').slice(0, -1).join('.');
  return parts.has(parent) ? parent + scope.slice(part.length) : scope;
}
