/**
 * ONNX Runtime's C functions as typed calls. In: the library's path. Out: `NativeApi`, whose methods take a function's
 * name from the generated table and turn its status into an `EngineError`. Everything in this folder calls it; raw
 * addresses live here and in the wrappers beside it, nowhere else.
 */
import koffi from 'koffi';
import { EngineError, runtimeErrorCode } from '../engine-error.ts';
import { API_TABLE, REQUIRED_API_VERSION } from './api-table.gen.ts';

/** A pointer: the address of a native object or of a typed array's memory. */
export type Address = bigint;

/**
 * Where a pointer is wanted: an address, or a typed array, which then lives at least until the call returns. An address
 * alone keeps nothing alive: an array whose last use in the program is `addressOf` may be collected before the call.
 */
type Pointer = Address | NodeJS.TypedArray;

type NativeArgument = string | number | Pointer;

interface KindTypes {
  readonly int: number;
  readonly size: number;
  readonly string: string;
  readonly pointer: Pointer;
}

type Table = typeof API_TABLE;
type FunctionName = keyof Table;
type Arguments<Kinds extends readonly (keyof KindTypes)[]> = {
  -readonly [Position in keyof Kinds]: KindTypes[Kinds[Position]];
};
type ArgumentsOf<Name extends FunctionName> = Arguments<Table[Name]['args']>;
type AllButLast<List extends readonly unknown[]> = List extends [
  ...infer Head extends NativeArgument[],
  unknown,
]
  ? Head
  : [];
type NamesOf<Result> = {
  [Name in FunctionName]: Table[Name]['result'] extends Result ? Name : never;
}[FunctionName];

/** Functions that answer with a status. */
export type StatusFunction = NamesOf<'status'>;
/** Functions that free a native object. */
export type ReleaseFunction = NamesOf<'void'>;

interface NativeFunction {
  (...args: readonly NativeArgument[]): unknown;
  async(...args: readonly (NativeArgument | ((error: unknown, result: unknown) => void))[]): void;
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

/** The table of C functions, checked and typed. */
export class NativeApi {
  /** The library's own version, e.g. `1.30.0`. */
  readonly version: string;
  readonly #functions: ReadonlyMap<FunctionName, NativeFunction>;
  /** Where synchronous calls put their result; one is enough since they do not overlap. */
  readonly #out = new BigUint64Array(1);
  /** Memory that a call on another thread is using: kept from the garbage collector until it returns. */
  readonly #inUse = new Set<readonly unknown[]>();

  private constructor(version: string, functions: ReadonlyMap<FunctionName, NativeFunction>) {
    this.version = version;
    this.#functions = functions;
  }

  /** @throws EngineError `library` when the file is not ONNX Runtime or too old. */
  static load(path: string): NativeApi {
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
      return new NativeApi(version, readTable(table));
    } catch (cause) {
      throw new EngineError(
        'library',
        `cannot use ${path} as ONNX Runtime: ${messageOf(cause)}; install the pinned onnxruntime-node again (npm ci)`,
        { cause },
      );
    }
  }

  /** Calls a function that answers with a status. @throws EngineError when it failed. */
  call<Name extends StatusFunction>(name: Name, ...args: ArgumentsOf<Name>): void {
    this.#check(name, this.#function(name)(...args));
  }

  /** Calls a function whose last argument is where it puts a pointer, size or enumeration, and returns that. */
  get<Name extends StatusFunction>(name: Name, ...args: AllButLast<ArgumentsOf<Name>>): bigint {
    // Enumerations only fill the lower half.
    this.#out[0] = 0n;
    this.#check(name, this.#function(name)(...args, this.#out));
    return this.#out[0];
  }

  /**
   * Calls a function on a thread of libuv's pool; the event loop stays free.
   *
   * @param held - what owns the memory that the arguments point to; give those as addresses.
   */
  async callAsync<Name extends StatusFunction>(
    name: Name,
    held: readonly unknown[],
    ...args: ArgumentsOf<Name>
  ): Promise<void> {
    this.#inUse.add(held);
    try {
      const status = await new Promise((resolve, reject: (error: Error) => void) => {
        this.#function(name).async(...args, (error, result) => {
          if (error instanceof Error) {
            reject(error);
          } else {
            resolve(result);
          }
        });
      });
      this.#check(name, status);
    } finally {
      this.#inUse.delete(held);
    }
  }

  release(name: ReleaseFunction, object: Address): void {
    this.#function(name)(object);
  }

  /** How the library was built; begins with `ORT Build Info:`. */
  buildInfo(): string {
    return toText(this.#function('GetBuildInfoString')());
  }

  /** Makes and reads back a status, as a failing call would. For the self-test. */
  probeStatus(code: number, message: string): EngineError {
    return this.#takeError('CreateStatus', toAddress(this.#function('CreateStatus')(code, message)));
  }

  #function(name: FunctionName): NativeFunction {
    const found = this.#functions.get(name);
    if (found === undefined) {
      throw new EngineError('library', `the C function ${name} was not prepared`);
    }
    return found;
  }

  #check(name: FunctionName, result: unknown): void {
    const status = toAddress(result);
    if (status !== 0n) {
      throw this.#takeError(name, status);
    }
  }

  #takeError(name: FunctionName, status: Address): EngineError {
    const code = runtimeErrorCode(Number(this.#function('GetErrorCode')(status)));
    const message = toText(this.#function('GetErrorMessage')(status));
    this.release('ReleaseStatus', status);
    return new EngineError(code, `${name}: ${message}`);
  }
}

/**
 * Address of a typed array's first element. The array must be kept alive by whoever keeps the address. (Small arrays,
 * which V8 would move, leave its heap by being asked for their address.)
 */
export function addressOf(data: NodeJS.TypedArray): Address {
  return koffi.address(data);
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
function toAddress(value: unknown): Address {
  return typeof value === 'bigint' ? value : 0n;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
