/**
 * C functions of shared libraries, and the memory they work on, through koffi. In: the path or the name of a library. Out: its
 * functions, untyped, callable at once or off the event loop; addresses of typed arrays, and memory at an address as one.
 * Whoever knows a library gives its functions their types. A wrong address is a crash, so few rooms come here.
 */
import koffi from 'koffi';
import { messageOf } from '../../multigrid/errors/message-of.ts';

/** A pointer: the address of a native object or of a typed array's memory. */
export type Address = bigint;

/**
 * Where a pointer is wanted: an address, or a typed array, which then lives at least until the call returns. An address
 * alone keeps nothing alive: an array whose last use in the program is `addressOf` may be collected before the call.
 */
export type Pointer = Address | NodeJS.TypedArray;

/** What a function takes of the type that `structOfBytes` makes. */
export interface BytesByValue {
  readonly bytes: Uint8Array;
}

export type NativeArgument = string | number | Pointer | BytesByValue;

/** A type of C in koffi's words, or one that was made here. */
export type NativeType = string | ReturnType<typeof koffi.struct>;

export interface NativeFunction {
  (...args: readonly NativeArgument[]): unknown;
  async(...args: readonly (NativeArgument | ((error: unknown, result: unknown) => void))[]): void;
}

/**
 * koffi runs a C function on a stack block of its own: 128 KiB for asynchronous calls unless told otherwise, and a
 * ResNet-50 step already needs more than 64. Pages are only used when touched, so 8 MiB (a thread's usual stack) is free.
 */
const STACK_BYTES = 8 * 1024 * 1024;

/**
 * koffi unmaps a library once its handle is garbage, under the feet of every function pointer taken from it. So
 * handles are kept for as long as the process lives.
 */
const LOADED = new Set<unknown>();

/** Calls of C functions are set up in a way that would end in a crash. */
export class NativeCallError extends Error {
  override readonly name = 'NativeCallError';
}

/** A shared library by its C functions. */
export interface OpenLibrary {
  function(name: string, result: string, args: readonly NativeType[]): NativeFunction;
}

/** Of a C function: the types of its result and its arguments. */
export type Signature = readonly [result: string, args: readonly NativeType[]];

/** Functions of a library by name, all looked up at once. @throws what koffi says of one that is missing. */
export function functionsOf<Name extends string>(
  library: OpenLibrary,
  signatures: Readonly<Record<Name, Signature>>,
): (name: Name) => NativeFunction {
  const functions = new Map(
    Object.entries<Signature>(signatures).map(([name, [result, args]]) => [
      name,
      library.function(name, result, args),
    ]),
  );
  return (name) => functions.get(name)!;
}

/**
 * Calls a function on a thread of libuv's pool; the event loop stays free. Whoever calls keeps the memory that addresses point to
 * until it returns.
 */
export function callOffLoop(call: NativeFunction, ...args: readonly NativeArgument[]): Promise<unknown> {
  return new Promise((resolve, reject: (error: Error) => void) => {
    call.async(...args, (error, result) => {
      if (error instanceof Error) {
        reject(error);
      } else {
        resolve(result);
      }
    });
  });
}

/** Opens a library by path, or by a name that the system's loader finds; a text says why it cannot be opened. */
export function openLibrary(nameOrPath: string): OpenLibrary | string {
  try {
    const library = loadOnce(nameOrPath);
    return { function: (name, result, args) => toFunction(library.func(name, result, [...args])) };
  } catch (error) {
    return messageOf(error);
  }
}

/** A library by path or name, kept for good. @throws NativeCallError, and what the system's loader says. */
export function loadOnce(nameOrPath: string): ReturnType<typeof koffi.load> {
  reserveStacks();
  const library = koffi.load(nameOrPath);
  LOADED.add(library);
  return library;
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

/** Where a function of a library lies, for native code to call. @throws what the system's loader says. */
export function functionAddress(nameOrPath: string, name: string): Address {
  return toAddress(loadOnce(nameOrPath).symbol(name));
}

/**
 * A function of ours that native code can call, for as long as the process lives. It runs on the main thread: a call from another
 * one waits for it.
 *
 * @param result - type in C's words, like those of the arguments
 */
export function callback(
  result: string,
  args: readonly string[],
  body: (...args: readonly unknown[]) => Address | number,
): Address {
  return koffi.register(body, koffi.pointer(koffi.proto(result, [...args])));
}

/** A struct of nothing but bytes, which functions take by value: how it travels differs between processors. */
export function structOfBytes(length: number): NativeType {
  return koffi.struct({ bytes: koffi.array('uint8_t', length) });
}

/** Reads a zero-terminated UTF-8 string. */
export function textAt(address: Address): string {
  return koffi.decode.string(address);
}

/** @throws TypeError when koffi gave something else. */
export function toFunction(value: unknown): NativeFunction {
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

function reserveStacks(): void {
  if ((koffi.config().async_stack_size ?? 0) >= STACK_BYTES) {
    return;
  }
  try {
    koffi.config({ async_stack_size: STACK_BYTES, sync_stack_size: STACK_BYTES });
  } catch (cause) {
    throw new NativeCallError(
      'another part of this process loaded a native library through koffi and left its calls a stack too small to run ' +
        'a network: create the engine first',
      { cause },
    );
  }
}
