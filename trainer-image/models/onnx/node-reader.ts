/**
 * One node of the file for a handler: attributes with their defaults, operands by position, errors that name the node.
 * In: an `OnnxNode`. Out: numbers and strings of the expected kind.
 */
import { OnnxUnsupportedError } from './errors.ts';
import type { AttributeValue, OnnxNode } from './model.ts';
import type { KnownTensor } from './known-tensor.ts';

export class NodeReader {
  readonly node: OnnxNode;
  readonly opset: number;

  constructor(node: OnnxNode, opset: number) {
    this.node = node;
    this.opset = opset;
  }

  /** An error about this node, to be thrown. */
  refuse(why: string): OnnxUnsupportedError {
    return new OnnxUnsupportedError(`node ${JSON.stringify(this.node.name)} (${this.node.operator}): ${why}`);
  }

  int(name: string, otherwise: number): number {
    return this.#attribute(name, 'int')?.value ?? otherwise;
  }

  /** null when the node does not have the attribute. */
  ints(name: string): readonly number[] | null {
    return this.#attribute(name, 'ints')?.values ?? null;
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name, 'float')?.value ?? otherwise;
  }

  string(name: string, otherwise: string): string {
    return this.#attribute(name, 'string')?.value ?? otherwise;
  }

  /** null when the node does not have the attribute. */
  strings(name: string): readonly string[] | null {
    return this.#attribute(name, 'strings')?.values ?? null;
  }

  tensor(name: string): KnownTensor | null {
    return this.#attribute(name, 'tensor')?.value ?? null;
  }

  /** Counts a negative axis from the end. */
  axis(axis: number, rank: number): number {
    const counted = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(counted) || counted < 0 || counted >= rank) {
      throw this.refuse(`there is no axis ${axis} among ${rank}`);
    }
    return counted;
  }

  #attribute<Kind extends AttributeValue['kind']>(
    name: string,
    kind: Kind,
  ): Extract<AttributeValue, { kind: Kind }> | undefined {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) {
      return undefined;
    }
    if (!isOfKind(attribute, kind)) {
      throw this.refuse(`attribute ${name} is of another kind than the operator takes`);
    }
    return attribute;
  }
}

function isOfKind<Kind extends AttributeValue['kind']>(
  attribute: AttributeValue,
  kind: Kind,
): attribute is Extract<AttributeValue, { kind: Kind }> {
  return attribute.kind === kind;
}
