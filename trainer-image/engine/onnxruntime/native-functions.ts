/**
 * From a library file to callable C functions, through koffi. In: the path of ONNX Runtime. Out: its version and the
 * functions of the generated table, untyped. `api.ts` gives them their types; nothing else in the project calls koffi
 * for ONNX Runtime.
 */
import koffi from 'koffi';
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import {
  type Address,
  loadOnce,
  type NativeFunction,
  toAddress,
  toFunction,
  toText,
} from '../../native/c-library.ts';
import { EngineError } from '../engine-error.ts';
import { API_TABLE, REQUIRED_API_VERSION } from './api-table.gen.ts';

export type FunctionName = keyof typeof API_TABLE;

export interface NativeLibrary {
  /** The library's own version, e.g. `1.30.0`. */
  readonly version: string;
  readonly functions: ReadonlyMap<FunctionName, NativeFunction>;
}

const KOFFI_TYPES = {
  int: 'int',
  size: 'size_t',
  string: 'str',
  pointer: 'void *',
  status: 'void *',
  void: 'void',
} as const;

/** @throws EngineError `library` when the file is not ONNX Runtime or too old. */
export function loadLibrary(path: string): NativeLibrary {
  try {
    const library = loadOnce(path);
    const base = toAddress(toFunction(library.func('OrtGetApiBase', 'void *', []))());
    const version = toText(functionAt(base, 1, 'str', [])());
    const table = toAddress(functionAt(base, 0, 'void *', ['uint32_t'])(REQUIRED_API_VERSION));
    if (table === 0n) {
      throw new EngineError('library', `version ${version} has no C API ${REQUIRED_API_VERSION}`);
    }
    return { version, functions: readTable(table) };
  } catch (cause) {
    throw new EngineError(
      'library',
      `cannot use ${path} as ONNX Runtime: ${messageOf(cause)}; install the pinned onnxruntime-node again (npm ci)`,
      { cause },
    );
  }
}

function readTable(table: Address): ReadonlyMap<FunctionName, NativeFunction> {
  const functions = new Map<FunctionName, NativeFunction>();
  for (const name of functionNames()) {
    const { index, result, args } = API_TABLE[name];
    const types = args.map((kind) => KOFFI_TYPES[kind]);
    functions.set(name, functionAt(table, index, KOFFI_TYPES[result], types));
  }
  return functions;
}

function functionNames(): readonly FunctionName[] {
  return Object.keys(API_TABLE).filter((name): name is FunctionName => name in API_TABLE);
}

/** The function whose pointer is the `index`-th of an array of pointers. */
function functionAt(
  pointers: Address,
  index: number,
  result: string,
  args: readonly string[],
): NativeFunction {
  const pointer: unknown = koffi.decode(pointers, index * koffi.sizeof('void *'), 'void *');
  return toFunction(koffi.decode(toAddress(pointer), koffi.proto(result, [...args])));
}
