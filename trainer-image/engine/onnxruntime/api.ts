/**
 * ONNX Runtime's C functions as typed calls. In: the library's path. Out: `NativeApi`, whose methods take a function's
 * name from the generated table and turn its status into an `EngineError`. Everything in this folder calls it; raw
 * addresses live here and in the wrappers beside it, nowhere else.
 */
import { EngineError, runtimeErrorCode } from '../engine-error.ts';
import type { API_TABLE } from './api-table.gen.ts';
import {
  type Address,
  callOffLoop,
  type NativeArgument,
  type NativeFunction,
  type Pointer,
  toAddress,
  toText,
} from '../../native/c-library.ts';
import { type FunctionName, loadLibrary, type NativeLibrary } from './native-functions.ts';

interface KindTypes {
  readonly int: number;
  readonly size: number;
  readonly string: string;
  readonly pointer: Pointer;
}

type Table = typeof API_TABLE;
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
type StatusFunction = NamesOf<'status'>;
/** Functions that free a native object. */
type ReleaseFunction = NamesOf<'void'>;

/** The table of C functions, checked and typed. */
export class NativeApi {
  /** The library's own version, e.g. `1.30.0`. */
  readonly version: string;
  readonly #functions: ReadonlyMap<FunctionName, NativeFunction>;
  /** Where synchronous calls put their result; one is enough since they do not overlap. */
  readonly #out = new BigUint64Array(1);
  /** Memory that a call on another thread is using: kept from the garbage collector until it returns. */
  readonly #inUse = new Set<readonly unknown[]>();

  private constructor({ version, functions }: NativeLibrary) {
    this.version = version;
    this.#functions = functions;
  }

  /** @throws EngineError `library` when the file is not ONNX Runtime or too old. */
  static load(path: string): NativeApi {
    return new NativeApi(loadLibrary(path));
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
      this.#check(name, await callOffLoop(this.#function(name), ...args));
    } finally {
      this.#inUse.delete(held);
    }
  }

  /** Calls `body` while the garbage collector keeps what owns the memory that its arguments point to. */
  holding<T>(held: readonly unknown[], body: () => T): T {
    this.#inUse.add(held);
    try {
      return body();
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
    const number = Number(this.#function('GetErrorCode')(status));
    const message = toText(this.#function('GetErrorMessage')(status));
    const code = runtimeErrorCode(number, message);
    this.release('ReleaseStatus', status);
    return new EngineError(code, `${name}: ${message}`);
  }
}
