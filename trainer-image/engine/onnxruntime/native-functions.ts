/**
 * From a library file to callable C functions, through koffi. In: the path of ONNX Runtime. Out: its version and the
 * functions of the generated table, untyped. `api.ts` gives them their types; nothing else in the project calls koffi
 * for ONNX Runtime.
 */
import koffi from 'koffi';
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import { EngineError } from '../engine-error.ts';
import { API_TABLE, REQUIRED_API_VERSION } from './api-table.gen.ts';

/** A pointer: the address of a native object or of a typed array's memory. */
export type Address = bigint;

/**
 * Where a pointer is wanted: an address, or a typed array, which then lives at least until the call returns. An address
 * alone keeps nothing alive: an array whose last use in the program is `addressOf` may be collected before the call.
 */
export type Pointer = Address | NodeJS.TypedArray;

export type NativeArgument = string | number | Pointer;

export interface NativeFunction {
  (...args: readonly NativeArgument[]): unknown;
  async(...args: readonly (NativeArgument | ((error: unknown, result: unknown) => void))[]): void;
}

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

/**
 * koffi runs a C function on a stack block of its own: 128 KiB for asynchronous calls unless told otherwise, and a
 * ResNet-50 step already needs more than 64. Pages are only used when touched, so 8 MiB (a thread's usual stack) is free.
 */
const ASYNC_STACK_BYTES = 8 * 1024 * 1024;

/**
 * koffi unmaps a library once its handle is garbage, under the feet of every function pointer taken from it. So
 * handles are kept for as long as the process lives.
 */
const LOADED = new Set<unknown>();

/** A shared library by its C functions. */
export interface OpenLibrary {
  function(name: string, result: string, args: readonly string[]): NativeFunction;
}

/** Opens a library by path, or by a name that the system's loader finds; a text says why it cannot be opened. */
export function openLibrary(nameOrPath: string): OpenLibrary | string {
  reserveAsyncStack();
  try {
    const library = koffi.load(nameOrPath);
    LOADED.add(library);
    return { function: (name, result, args) => toFunction(library.func(name, result, [...args])) };
  } catch (error) {
    return messageOf(error);
  }
}

/** @throws EngineError `library` when the file is not ONNX Runtime or too old. */
export function loadLibrary(path: string): NativeLibrary {
  reserveAsyncStack();
  try {
    const library = koffi.load(path);
    LOADED.add(library);
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

/**
 * Address of a typed array's first element. The array must be kept alive by whoever keeps the address. (Small arrays,
 * which V8 would move, leave its heap by being asked for their address.)
 */
export function addressOf(data: NodeJS.TypedArray): Address {
  return koffi.address(data);
}

/** Native memory as a typed array. Whoever frees the memory must see to it that nobody reads the array afterwards. */
export function bytesAt(address: Address, byteLength: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(koffi.view(address, byteLength));
}

/** Reads a zero-terminated UTF-8 string. */
export function textAt(address: Address): string {
  return koffi.decode.string(address);
}

function reserveAsyncStack(): void {
  if ((koffi.config().async_stack_size ?? 0) >= ASYNC_STACK_BYTES) {
    return;
  }
  try {
    koffi.config({ async_stack_size: ASYNC_STACK_BYTES });
  } catch (cause) {
    throw new EngineError(
      'library',
      'another part of this process loaded a native library through koffi before the engine and left asynchronous ' +
        'calls a stack too small to run a network: create the engine first',
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

function toFunction(value: unknown): NativeFunction {
  if (!isNativeFunction(value)) {
    throw new TypeError('koffi did not make a function');
  }
  return value;
}

function isNativeFunction(value: unknown): value is NativeFunction {
  return typeof value === 'function' && 'async' in value;
}

/** koffi gives null for a null pointer. */
export function toAddress(value: unknown): Address {
  return typeof value === 'bigint' ? value : 0n;
}

export function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
