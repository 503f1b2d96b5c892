/**
 * The functions of NCCL that are used, with types. In: an open library. Out: `NcclFunctions`. None of them blocks for other ranks
 * when the communicator was made not to: what was started is over when `state` says so and, on the device, when the stream is idle.
 * The thread's GPU must be the communicator's (`ComputeStream.makeCurrent`).
 */
import type { DeviceFloats } from '../engine/device-floats.ts';
import {
  type Address,
  callOffLoop,
  functionsOf,
  type NativeArgument,
  type NativeFunction,
  type OpenLibrary,
  structOfBytes,
  toText,
} from '../native/c-library.ts';
import { FLOAT32, RESULT, SUM, UNIQUE_ID_BYTES } from './abi.ts';
import { NcclCallError } from './nccl-errors.ts';

/** Of koffi. Communicators and streams are pointers that nobody looks behind. */
const POINTER = 'void *';
const HANDLE = 'uintptr_t';
const UNIQUE_ID = structOfBytes(UNIQUE_ID_BYTES);

const SIGNATURES = {
  ncclGetVersion: ['int', [POINTER]],
  ncclGetUniqueId: ['int', [POINTER]],
  ncclCommInitRankConfig: ['int', [POINTER, 'int', UNIQUE_ID, 'int', POINTER]],
  ncclAllReduce: ['int', [HANDLE, HANDLE, 'size_t', 'int', 'int', HANDLE, HANDLE]],
  ncclBroadcast: ['int', [HANDLE, HANDLE, 'size_t', 'int', 'int', HANDLE, HANDLE]],
  ncclCommGetAsyncError: ['int', [HANDLE, POINTER]],
  ncclCommFinalize: ['int', [HANDLE]],
  ncclCommDestroy: ['int', [HANDLE]],
  ncclCommAbort: ['int', [HANDLE]],
  ncclGetErrorString: ['str', ['int']],
  ncclGetLastError: ['str', [HANDLE]],
} as const;

type FunctionName = keyof typeof SIGNATURES;

/** A communicator of NCCL. */
export type NcclHandle = Address;

const NO_COMMUNICATOR: NcclHandle = 0n;

export class NcclFunctions {
  readonly #function: (name: FunctionName) => NativeFunction;

  /** @throws what koffi says of a symbol that is missing. */
  constructor(library: OpenLibrary) {
    this.#function = functionsOf(library, SIGNATURES);
  }

  /** As `NCCL_VERSION_CODE`, e.g. 23102 for 2.31.2. Works without a GPU. */
  version(): number {
    const version = new Int32Array(1);
    this.#call('ncclGetVersion', NO_COMMUNICATOR, version);
    return version[0]!;
  }

  /**
   * What the first rank gives to all. Off the event loop: it is the call in which NCCL looks for networks, and it opens a port
   * for the others to come to.
   */
  async uniqueId(): Promise<Uint8Array> {
    const id = new Uint8Array(UNIQUE_ID_BYTES);
    this.check(
      'ncclGetUniqueId',
      Number(await callOffLoop(this.#function('ncclGetUniqueId'), id)),
      NO_COMMUNICATOR,
    );
    return id;
  }

  /** Starts to meet the other ranks. */
  initRank(rank: number, size: number, id: Uint8Array, config: Uint8Array): NcclHandle {
    const communicator = new BigUint64Array(1);
    this.#call('ncclCommInitRankConfig', NO_COMMUNICATOR, communicator, size, { bytes: id }, rank, config);
    return communicator[0]!;
  }

  /** Puts the sum over all ranks in the place of the numbers, on the stream. */
  sum(communicator: NcclHandle, { address, length }: DeviceFloats, stream: Address): void {
    this.#call('ncclAllReduce', communicator, address, address, length, FLOAT32, SUM, communicator, stream);
  }

  /** Puts the numbers of the root in the place of everybody's, on the stream. */
  broadcast(
    communicator: NcclHandle,
    { address, length }: DeviceFloats,
    root: number,
    stream: Address,
  ): void {
    this.#call('ncclBroadcast', communicator, address, address, length, FLOAT32, root, communicator, stream);
  }

  /** What became of the last call. @throws NcclCallError when it, or another rank, failed. */
  isSettled(communicator: NcclHandle, doing: string): boolean {
    const state = new Int32Array(1);
    this.#call('ncclCommGetAsyncError', communicator, communicator, state);
    this.check(doing, state[0]!, communicator);
    return state[0] === RESULT.success;
  }

  /** Starts to leave, with all others. */
  finalize(communicator: NcclHandle): void {
    this.#call('ncclCommFinalize', communicator, communicator);
  }

  /** Frees what is left of a communicator that was finalized. */
  destroy(communicator: NcclHandle): void {
    this.#call('ncclCommDestroy', communicator, communicator);
  }

  /** Ends what still runs on the device and frees the communicator, whatever the others do. Says nothing of how that went. */
  abort(communicator: NcclHandle): void {
    this.#function('ncclCommAbort')(communicator);
  }

  /** @throws NcclCallError unless it went well or goes on. */
  check(doing: string, result: number, communicator: NcclHandle): void {
    if (result !== RESULT.success && result !== RESULT.inProgress) {
      const kind = toText(this.#function('ncclGetErrorString')(result));
      const last = toText(this.#function('ncclGetLastError')(communicator));
      throw new NcclCallError(doing, result, { kind, last });
    }
  }

  #call(name: FunctionName, communicator: NcclHandle, ...args: readonly NativeArgument[]): void {
    this.check(name, Number(this.#function(name)(...args)), communicator);
  }
}
