/**
 * The functions of MPI that are used, with types. In: the path of a library with the standard's ABI. Out: `MpiFunctions`, whose
 * calls block the thread they are made on and throw where MPI returns an error.
 */
import { type Address, type NativeFunction, openLibrary, type Pointer } from '../native/c-library.ts';
import * as abi from './abi.ts';
import { MpiCallError, MpiMissingError } from './mpi-errors.ts';

/** Of koffi: handles of MPI are as wide as a pointer. */
const HANDLE = 'uintptr_t';
const POINTER = 'void *';

const SIGNATURES = {
  // Of the C library, which comes with it.
  sched_yield: [],
  MPI_Init_thread: [POINTER, POINTER, 'int', POINTER],
  MPI_Finalize: [],
  MPI_Abort: [HANDLE, 'int'],
  MPI_Comm_rank: [HANDLE, POINTER],
  MPI_Comm_size: [HANDLE, POINTER],
  MPI_Comm_set_errhandler: [HANDLE, HANDLE],
  MPI_Error_string: ['int', POINTER, POINTER],
  MPI_Get_library_version: [POINTER, POINTER],
  MPI_Isend: [POINTER, 'int', HANDLE, 'int', 'int', HANDLE, POINTER],
  MPI_Irecv: [POINTER, 'int', HANDLE, 'int', 'int', HANDLE, POINTER],
  MPI_Iprobe: ['int', 'int', HANDLE, POINTER, POINTER],
  MPI_Testany: ['int', POINTER, POINTER, POINTER, POINTER],
  MPI_Reduce_local: [POINTER, POINTER, 'int', HANDLE, HANDLE],
  MPI_Bcast: [POINTER, 'int', HANDLE, 'int', HANDLE],
} as const;

type FunctionName = keyof typeof SIGNATURES;

/** A message: where its memory is, and how many numbers of which type. */
export interface Part {
  readonly address: Address;
  readonly count: number;
  readonly type: bigint;
}

export class MpiFunctions {
  readonly #functions: ReadonlyMap<string, NativeFunction>;
  readonly #number = new Int32Array(1);

  /** @throws MpiMissingError when the library is not one of MPI. */
  constructor(library: string) {
    const opened = openLibrary(library);
    if (typeof opened === 'string') {
      throw new MpiMissingError(`cannot load ${library}: ${opened}; run \`npm run install:mpi\` again`);
    }
    this.#functions = new Map(
      Object.entries(SIGNATURES).map(([name, args]) => [name, opened.function(name, 'int', args)]),
    );
  }

  /** E.g. `MPICH 5.0.2`. May be asked before `init`. */
  version(): string {
    const text = new Uint8Array(abi.MAX_LIBRARY_VERSION_STRING);
    this.#call('MPI_Get_library_version', text, this.#number);
    const words = new TextDecoder().decode(text.subarray(0, this.#number[0]));
    const [, name = 'MPI', version = 'of an unknown version'] = /^(\w+) Version:\s*(\S+)/m.exec(words) ?? [];
    return `${name} ${version}`;
  }

  /** Resolves the other ranks; waits for all of them. */
  init(): void {
    this.#call('MPI_Init_thread', 0n, 0n, abi.THREAD_MULTIPLE, this.#number);
    if (this.#number[0] !== abi.THREAD_MULTIPLE) {
      throw new MpiMissingError(
        'this MPI library was built without MPI_THREAD_MULTIPLE: use the installed MPICH',
      );
    }
    this.#call('MPI_Comm_set_errhandler', abi.COMM_WORLD, abi.ERRORS_RETURN);
  }

  rank(): number {
    this.#call('MPI_Comm_rank', abi.COMM_WORLD, this.#number);
    return this.#number[0]!;
  }

  size(): number {
    this.#call('MPI_Comm_size', abi.COMM_WORLD, this.#number);
    return this.#number[0]!;
  }

  /** Waits for all ranks to do the same. */
  finalize(): void {
    this.#call('MPI_Finalize');
  }

  /** Ends this process and those of all ranks with the code; does not return where MPI is running. */
  abort(exitCode: number): void {
    this.#call('MPI_Abort', abi.COMM_WORLD, exitCode);
  }

  /** Starts to send; the memory stays as it is until the request is done. */
  send({ address, count, type }: Part, to: number, tag: number, request: Address): void {
    this.#call('MPI_Isend', address, count, type, to, tag, abi.COMM_WORLD, request);
  }

  /** Starts to receive; the memory is whole when the request is done. @param from - a rank, or `ANY_SOURCE` */
  receive({ address, count, type }: Part, from: number, tag: number, request: Address): void {
    this.#call('MPI_Irecv', address, count, type, from, tag, abi.COMM_WORLD, request);
  }

  /** Whether a message with this tag has come, from whomever. */
  hasCome(tag: number): boolean {
    this.#call('MPI_Iprobe', abi.ANY_SOURCE, tag, abi.COMM_WORLD, this.#number, abi.STATUS_IGNORE);
    return this.#number[0] === 1;
  }

  /** @param isDone - `[1]`, becomes 1 when a request is done. @returns the index of that request */
  testAny(requests: BigUint64Array, isDone: Int32Array): number {
    this.#call('MPI_Testany', requests.length, requests, this.#number, isDone, abi.STATUS_IGNORE);
    return this.#number[0]!;
  }

  /** Adds float32 numbers to others, in place: `into[i] = from[i] + into[i]`. */
  addFloats(from: Address, into: Address, count: number): void {
    this.#call('MPI_Reduce_local', from, into, count, abi.FLOAT, abi.SUM);
  }

  /** Lets another thread have this core, if one wants it. */
  yieldCore(): void {
    this.#functions.get('sched_yield')?.();
  }

  broadcastFloats(address: Address, count: number, root: number): void {
    this.#call('MPI_Bcast', address, count, abi.FLOAT, root, abi.COMM_WORLD);
  }

  #call(name: FunctionName, ...args: readonly (number | Pointer)[]): void {
    const code = Number(this.#functions.get(name)!(...args));
    if (code !== abi.SUCCESS) {
      throw new MpiCallError(`${name} failed: ${this.#textOf(code)}`);
    }
  }

  #textOf(code: number): string {
    const text = new Uint8Array(abi.MAX_ERROR_STRING);
    const length = new Int32Array(1);
    this.#functions.get('MPI_Error_string')!(code, text, length);
    return new TextDecoder().decode(text.subarray(0, length[0])).trim();
  }
}
