/**
 * What a model takes and gives: name, type and dims of every input and output, read once from a loaded session. Used to
 * refuse a tensor that does not fit when it is bound, where the message can name it; ONNX Runtime itself would only
 * complain in the middle of a run.
 */
import { EngineError } from '../engine-error.ts';
import type { Bindable, TensorType } from '../engine.ts';
import type { NativeApi } from './api.ts';
import { textAt } from '../../native/c-library.ts';
import type { Address } from '../../native/c-library.ts';

export type Side = 'input' | 'output';

/** One input or output. */
export interface Port {
  readonly name: string;
  readonly type: TensorType;
  /** -1 where the model leaves a size open; undefined when it says nothing or the value is a scalar. */
  readonly dims: readonly number[] | undefined;
}

const READERS = {
  input: { count: 'SessionGetInputCount', name: 'SessionGetInputName', type: 'SessionGetInputTypeInfo' },
  output: { count: 'SessionGetOutputCount', name: 'SessionGetOutputName', type: 'SessionGetOutputTypeInfo' },
} as const;

/** @throws EngineError `not-implemented` for a port that is no tensor of a type the engine carries. */
export function readPorts(
  api: NativeApi,
  session: Address,
  side: Side,
  typeOf: (code: number) => TensorType | undefined,
): ReadonlyMap<string, Port> {
  const reader = READERS[side];
  const count = Number(api.get(reader.count, session));
  const allocator = api.get('GetAllocatorWithDefaultOptions');
  const ports = new Map<string, Port>();
  for (let index = 0; index < count; index++) {
    const text = api.get(reader.name, session, index, allocator);
    const name = textAt(text);
    api.call('AllocatorFree', allocator, text);
    const info = api.get(reader.type, session, index);
    try {
      const { code, dims } = readTensorType(api, info);
      const type = typeOf(code);
      if (type === undefined) {
        throw new EngineError(
          'not-implemented',
          `${side} "${name}" has ONNX element type ${code}, which the engine does not carry`,
        );
      }
      ports.set(name, { name, type, dims });
    } finally {
      api.release('ReleaseTypeInfo', info);
    }
  }
  return ports;
}

function readTensorType(
  api: NativeApi,
  info: Address,
): { code: number; dims: readonly number[] | undefined } {
  const tensorInfo = api.get('CastTypeInfoToTensorInfo', info);
  if (tensorInfo === 0n) {
    return { code: 0, dims: undefined };
  }
  const code = Number(api.get('GetTensorElementType', tensorInfo));
  const rank = Number(api.get('GetDimensionsCount', tensorInfo));
  if (rank === 0) {
    return { code, dims: undefined };
  }
  const dims = new BigInt64Array(rank);
  api.call('GetDimensions', tensorInfo, dims, rank);
  return { code, dims: Array.from(dims, Number) };
}

/** @throws EngineError `invalid-argument` saying which tensor is missing, unknown or does not fit. */
export function checkFits(
  ports: ReadonlyMap<string, Port>,
  side: Side,
  name: string,
  tensor: Bindable,
): void {
  const port = ports.get(name);
  if (port === undefined) {
    throw new EngineError(
      'invalid-argument',
      `the model has no ${side} "${name}"; it has ${[...ports.keys()].join(', ')}`,
    );
  }
  const dimsFit =
    port.dims === undefined ||
    (port.dims.length === tensor.dims.length &&
      port.dims.every((dim, axis) => dim < 0 || dim === tensor.dims[axis]));
  if (port.type !== tensor.type || !dimsFit) {
    throw new EngineError(
      'invalid-argument',
      `${side} "${name}" is ${describe(port)} in the model, the tensor is ${tensor.type} [${tensor.dims.join(', ')}]`,
    );
  }
}

/** @throws EngineError `invalid-argument` naming a port that nothing was given for. */
export function checkComplete(
  ports: ReadonlyMap<string, Port>,
  side: Side,
  given: ReadonlyMap<string, Bindable>,
): void {
  const missing = [...ports.keys()].filter((name) => !given.has(name));
  if (missing.length > 0) {
    throw new EngineError('invalid-argument', `no tensor is given for ${side} ${missing.join(', ')}`);
  }
}

function describe(port: Port): string {
  return `${port.type} [${port.dims?.map((dim) => (dim < 0 ? '?' : String(dim))).join(', ') ?? '...'}]`;
}
