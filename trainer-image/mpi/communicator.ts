/**
 * All ranks of a job, as seen from this one. In: MPI's library, in a process that MPI's launcher started. Out: collectives that
 * leave the event loop free, one after the other in the order they are asked for, each within a limit. A process that exits before
 * `close`, for whatever reason, takes the other ranks along: left behind, they would wait for it for ever.
 */
import { Worker } from 'node:worker_threads';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { addressOf } from '../native/c-library.ts';
import type { CollectiveKind } from './collectives.ts';
import { abortRanks } from './end-ranks.ts';
import { RanksLeftError, RanksSilentError } from './mpi-errors.ts';
import { type Answer, errorOf, type Order, type Started, type ThreadStart } from './thread-protocol.ts';
import { within } from './watchdog.ts';

export interface CommunicatorOptions {
  /** MPI's library with the standard's ABI. */
  readonly library: string;
  /** How many ranks the launcher started. */
  readonly size: number;
  /** For all ranks to start, and for the first collective: others may still load what they need. */
  readonly startLimitMs: number;
  /** For every other collective. */
  readonly limitMs: number;
}

export class Communicator {
  readonly rank: number;
  readonly size: number;
  /** Name and version of the library. */
  readonly version: string;
  readonly #thread: CollectiveThread;
  readonly #options: CommunicatorOptions;
  #last: Promise<unknown> = Promise.resolve();
  #isFirst = true;
  /** Why there can be no more collectives. */
  #broken: Error | null = null;

  private constructor(
    thread: CollectiveThread,
    { rank, size, version }: Started,
    options: CommunicatorOptions,
  ) {
    this.rank = rank;
    this.size = size;
    this.version = version;
    this.#thread = thread;
    this.#options = options;
  }

  /**
   * Waits until all ranks are there.
   *
   * @throws MpiMissingError; RanksSilentError after the limit; the process must end then, and takes the others along.
   */
  static async open(options: CommunicatorOptions): Promise<Communicator> {
    const { library, size, startLimitMs } = options;
    const thread = new CollectiveThread({ library, awaited: sharedNumbers(size) });
    const started = await within(
      startLimitMs,
      thread.answer(),
      () => new RanksSilentError('a rank', 'MPI_Init', [], startLimitMs),
    );
    if (started === null) {
      throw new TypeError('the thread of the collectives said nothing of itself');
    }
    return new Communicator(thread, started, options);
  }

  /** Replaces the numbers, as many on every rank, by their sums over all ranks, added in the order of the ranks. */
  sumFloats(numbers: Float32Array): Promise<void> {
    return this.#take('sumFloats', numbers);
  }

  /** The same for a few numbers in double precision. */
  sumNumbers(numbers: Float64Array): Promise<void> {
    return this.#take('sumNumbers', numbers);
  }

  /** Replaces the numbers by those of rank 0. */
  broadcastFloats(numbers: Float32Array): Promise<void> {
    return this.#take('broadcastFloats', numbers);
  }

  /** Resolves when all ranks have come this far. */
  barrier(): Promise<void> {
    return this.#take('barrier', new Float32Array(0));
  }

  /** The orderly end: waits for the others to come to theirs. @throws RanksSilentError */
  close(): Promise<void> {
    return this.#next('MPI_Finalize', async () => {
      await this.#thread.carryOut({ kind: 'finalize' });
      this.#thread.release();
      this.#broken = new RanksLeftError('this rank has left the others: there are no collectives any more');
    });
  }

  #take(kind: CollectiveKind, numbers: Float32Array | Float64Array): Promise<void> {
    return this.#next(`${kind} of ${numbers.length} numbers`, () =>
      this.#thread.carryOut({ kind, address: addressOf(numbers), length: numbers.length }, numbers),
    );
  }

  /** After what was asked for before. */
  #next(doing: string, work: () => Promise<void>): Promise<void> {
    const next = this.#last.then(() => this.#watch(doing, work));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #watch(doing: string, work: () => Promise<void>): Promise<void> {
    if (this.#broken !== null) {
      throw this.#broken;
    }
    const limitMs = this.#isFirst ? this.#options.startLimitMs : this.#options.limitMs;
    try {
      await within(limitMs, work(), () => this.#silent(doing, limitMs));
      this.#isFirst = false;
    } catch (error) {
      this.#broken = new RanksLeftError(
        'the ranks are out of step: this process must end, and takes the others along',
        {
          cause: error,
        },
      );
      throw error;
    }
  }

  #silent(doing: string, limitMs: number): RanksSilentError {
    return new RanksSilentError(`rank ${this.rank}`, doing, this.#thread.awaitedRanks(), limitMs);
  }
}

/** The thread, and its answers in the order of what it was asked. */
class CollectiveThread {
  readonly #worker: Worker;
  readonly #awaited: Int32Array;
  readonly #library: string;
  #answered: PromiseWithResolvers<Started | null>;
  /** Memory that is in use: its address alone would not keep it. */
  readonly #inUse = new Set<NodeJS.TypedArray>();

  constructor(start: ThreadStart) {
    this.#awaited = start.awaited;
    this.#library = start.library;
    this.#answered = Promise.withResolvers();
    this.#worker = new Worker(new URL('thread.ts', import.meta.url), { workerData: start });
    this.#worker.on('message', (answer: Answer) => {
      if (answer.kind === 'done') {
        this.#answered.resolve(answer.started);
      } else {
        this.#answered.reject(errorOf(answer));
      }
    });
    this.#worker.on('error', (error) => {
      this.#answered.reject(error);
    });
    process.once('exit', this.#endOthers);
    process.on('uncaughtExceptionMonitor', sayError);
  }

  /** To what was last asked. While it is awaited, it keeps the process. */
  async answer(): Promise<Started | null> {
    this.#worker.ref();
    try {
      return await this.#answered.promise;
    } finally {
      this.#worker.unref();
    }
  }

  /** @param memory - what the order names by its address */
  async carryOut(order: Order, ...memory: readonly NodeJS.TypedArray[]): Promise<void> {
    this.#answered = Promise.withResolvers();
    memory.forEach((array) => this.#inUse.add(array));
    this.#worker.postMessage(order);
    await this.answer();
    this.#inUse.clear();
  }

  awaitedRanks(): readonly number[] {
    return [...this.#awaited.keys()].filter((rank) => Atomics.load(this.#awaited, rank) > 0);
  }

  /** The end of this process is no longer that of the others. */
  release(): void {
    process.off('exit', this.#endOthers);
    process.off('uncaughtExceptionMonitor', sayError);
  }

  readonly #endOthers = (code: number): void => {
    abortRanks(this.#library, code === 0 ? EXIT.internal : code);
  };
}

/** Node itself would say it after the process's last listeners, of which ours does not return. */
function sayError(error: Error): void {
  process.stderr.write(`${error.stack ?? error.message}\n`);
}

function sharedNumbers(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}
