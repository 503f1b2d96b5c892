/**
 * The GPUs of all ranks, as seen from one of them. In: NCCL, the stream that this rank computes on, and the ranks, which speak over
 * MPI. Out: sums over all of them, in place, on that stream. No call blocks: the communicator and the stream are asked, between
 * turns of the event loop, whether it is over. What takes too long or fails is aborted on the device, and nothing follows it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep } from '../../timing/timers.ts';
import type { ComputeStream } from '../engine/cuda/compute-stream.ts';
import type { DeviceFloats } from '../engine/device-floats.ts';
import { RanksLeftError, RanksSilentError } from '../mpi/mpi-errors.ts';
import { within } from '../mpi/watchdog.ts';
import { nonBlockingConfig, UNIQUE_ID_BYTES } from './abi.ts';
import type { NcclFunctions, NcclHandle } from './nccl-functions.ts';
import { askForOneOrder } from './one-order.ts';

/** What is used of the ranks' own communicator. */
export interface Ranks {
  readonly rank: number;
  readonly size: number;
  /** Replaces the numbers by those of the first rank. */
  broadcastFloats(numbers: Float32Array): Promise<void>;
  /** Resolves when all are there; names those that are late. */
  barrier(): Promise<void>;
}

export interface GpuCommunicatorOptions {
  readonly nccl: NcclFunctions;
  readonly stream: Pick<ComputeStream, 'address' | 'isIdle' | 'makeCurrent' | 'release' | 'retain'>;
  readonly ranks: Ranks;
  /** For the GPUs to find each other. */
  readonly startLimitMs: number;
  /** For every sum, and for the end. */
  readonly limitMs: number;
}

/** Turns of the event loop, about a millisecond in all, after which it is asked once a millisecond. */
const EAGER_TURNS = 200;
const PAUSE_MS = 1;

export class GpuCommunicator {
  readonly #options: GpuCommunicatorOptions;
  readonly #handle: NcclHandle;
  #isOpen = true;

  private constructor(options: GpuCommunicatorOptions, handle: NcclHandle) {
    this.#options = options;
    this.#handle = handle;
    // The engine may end before the ranks do.
    options.stream.retain();
  }

  /**
   * All ranks at the same time, each with a GPU of its own.
   *
   * @throws NcclCallError, RanksSilentError after the limit; the process must end then, and takes the others along.
   */
  static async open(options: GpuCommunicatorOptions): Promise<GpuCommunicator> {
    const { nccl, stream, ranks, startLimitMs } = options;
    askForOneOrder();
    const id = new Uint8Array(UNIQUE_ID_BYTES);
    if (ranks.rank === 0) {
      id.set(await nccl.uniqueId());
    }
    // Bytes go unchanged, whatever numbers they would be.
    await ranks.broadcastFloats(new Float32Array(id.buffer));
    stream.makeCurrent();
    const handle = nccl.initRank(ranks.rank, ranks.size, id, nonBlockingConfig());
    const communicator = new GpuCommunicator(options, handle);
    await communicator.#settle('ncclCommInitRankConfig', startLimitMs);
    return communicator;
  }

  /** Replaces the numbers, as many on every rank, by their sums over all ranks. */
  sumFloats(numbers: DeviceFloats): Promise<void> {
    return this.#take(`ncclAllReduce of ${numbers.length} numbers`, ({ nccl, stream }) => {
      nccl.sum(this.#handle, numbers, stream.address);
    });
  }

  /** Replaces the numbers by those of rank 0. */
  broadcastFloats(numbers: DeviceFloats): Promise<void> {
    return this.#take(`ncclBroadcast of ${numbers.length} numbers`, ({ nccl, stream }) => {
      nccl.broadcast(this.#handle, numbers, 0, stream.address);
    });
  }

  /** The orderly end, of all ranks together; nothing is under way. */
  async close(): Promise<void> {
    const { nccl, limitMs } = this.#options;
    if (this.#isOpen) {
      await this.#settle('ncclCommFinalize', limitMs, () => {
        nccl.finalize(this.#handle);
      });
      this.#end(() => {
        nccl.destroy(this.#handle);
      });
    }
  }

  /** First the ranks meet: who is late is known by name then, and the device turns no circles waiting for it. */
  async #take(doing: string, start: (options: GpuCommunicatorOptions) => void): Promise<void> {
    const { ranks, limitMs } = this.#options;
    if (!this.#isOpen) {
      throw new RanksLeftError(
        'the GPUs of the ranks have been given up: there are no sums over them any more',
      );
    }
    await ranks.barrier();
    await this.#settle(doing, limitMs, start);
  }

  #end(leave: () => void): void {
    this.#isOpen = false;
    leave();
    this.#options.stream.release();
  }

  /** Starts something and waits until it is over, on the device too. */
  async #settle(
    doing: string,
    limitMs: number,
    start: (options: GpuCommunicatorOptions) => void = () => undefined,
  ): Promise<void> {
    const { nccl, stream, ranks } = this.#options;
    const over = new AbortController();
    try {
      stream.makeCurrent();
      start(this.#options);
      await within(
        limitMs,
        untilTrue(() => nccl.isSettled(this.#handle, doing) && stream.isIdle(), over.signal),
        () => new RanksSilentError(`rank ${ranks.rank}`, doing, [], limitMs),
      );
    } catch (error) {
      this.#end(() => {
        nccl.abort(this.#handle);
      });
      throw error;
    } finally {
      over.abort();
    }
  }
}

async function untilTrue(isOver: () => boolean, signal: AbortSignal): Promise<void> {
  for (let turns = 0; !signal.aborted && !isOver(); turns += 1) {
    await (turns < EAGER_TURNS ? nextTurn() : sleep(PAUSE_MS));
  }
}
