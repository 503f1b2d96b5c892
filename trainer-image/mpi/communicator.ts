/**
 * All ranks of a job, as seen from this one. In: MPI's library, in a process that MPI's launcher started. Out: collectives that
 * leave the event loop free, one after the other in the order they are asked for. A rank may take its time, as long as its main
 * thread is alive: it says so now and then, and who waits for it hears that. A process that exits before `close`, for whatever
 * reason, takes the other ranks along: left behind, they would wait for it for ever.
 */
import { Worker } from 'node:worker_threads';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { callIfStillThere } from '../../timing/timers.ts';
import { addressOf } from '../native/c-library.ts';
import { AwaitedRanks } from './awaited-ranks.ts';
import type { ExchangedGroup, ExchangeMemory } from './exchange-memory.ts';
import { abortRanks } from './end-ranks.ts';
import { RankFailedError, RanksLeftError, RanksSilentError } from './mpi-errors.ts';
import {
  type Answer,
  type Aside,
  errorOf,
  type Order,
  type Started,
  type ThreadStart,
} from './thread-protocol.ts';
import { within } from './watchdog.ts';
import type { CollectiveKind } from './words.ts';

/** Signs of life of a rank that is late, within the time after which its silence counts. */
const SIGNS = 6;

export interface CommunicatorOptions {
  /** MPI's library with the standard's ABI. */
  readonly library: string;
  /** How many ranks the launcher started. */
  readonly size: number;
  /** For all ranks to start. */
  readonly startLimitMs: number;
  /** In a collective: for a rank that is waited for and gives no sign of life. */
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
  #takeBackSign: () => void = () => undefined;
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
    this.#giveSigns();
  }

  /**
   * Waits until all ranks are there.
   *
   * @throws MpiMissingError; RanksSilentError after the limit; the process must end then, and takes the others along.
   */
  static async open(options: CommunicatorOptions): Promise<Communicator> {
    const { library, size, startLimitMs } = options;
    const thread = new CollectiveThread(library, size);
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

  /**
   * Runs a graph with exchanges, and goes through them meanwhile, as all ranks do at the same time.
   *
   * @param groups - of which this rank has clips
   * @param run - the graph's run; ends without the others once its signal is aborted
   * @throws what the run throws; RankFailedError when another rank's run has failed. The ranks are in step after both.
   */
  async exchange<Result>(
    memory: ExchangeMemory,
    groups: readonly ExchangedGroup[],
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const lost = new AbortController();
    const runs: Promise<Result>[] = [];
    try {
      await this.#next(
        'the exchanges of a step',
        async () => {
          memory.prepare();
          const running = run(lost.signal);
          running.catch(() => {
            memory.leave();
          });
          runs.push(running);
          await this.#thread.carryOut({ kind: 'exchanges', shared: memory.shared, groups });
        },
        () => this.#thread.ranks.beatOfSome(),
      );
    } catch (error) {
      lost.abort(error);
      memory.letGo();
      await Promise.allSettled(runs);
      throw error;
    }
    const [result] = await Promise.all(runs);
    const { spoiler } = memory.notes;
    if (spoiler !== null) {
      throw new RankFailedError(`rank ${spoiler} could not run its part of the step; see its log`);
    }
    return result!;
  }

  /** Tells the first rank why this one is about to end, whatever it is doing. Sent, not yet heard. */
  sayLastWords(text: string): void {
    this.#thread.sayAside({ kind: 'lastWords', text });
  }

  /** On the first rank: resolves with the last words of the first one that has some. */
  get lastWords(): Promise<string> {
    return this.#thread.lastWords;
  }

  /** The orderly end: waits for the others to come to theirs. @throws RanksSilentError */
  async close(): Promise<void> {
    await this.barrier();
    await this.#next('MPI_Finalize', async () => {
      this.#takeBackSign();
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
  #next<Result>(
    doing: string,
    work: () => Promise<Result>,
    silentBeats = () => this.#thread.ranks.beat(),
  ): Promise<Result> {
    const next = this.#last.then(() => this.#watch(doing, work, silentBeats));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #watch<Result>(
    doing: string,
    work: () => Promise<Result>,
    silentBeats: () => number,
  ): Promise<Result> {
    if (this.#broken !== null) {
      throw this.#broken;
    }
    this.#takeBackSign();
    const { limitMs } = this.#options;
    const { ranks } = this.#thread;
    ranks.begin();
    try {
      const result = await within(
        limitMs,
        work(),
        () => new RanksSilentError(`rank ${this.rank}`, doing, ranks.silentRanks(), limitMs),
        silentBeats,
      );
      this.#giveSigns();
      return result;
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

  /** From now until the next collective: the others may be there already. */
  #giveSigns(): void {
    this.#takeBackSign = callIfStillThere(this.#options.limitMs / SIGNS, () => {
      this.#thread.sayAside({ kind: 'late' });
      this.#giveSigns();
    });
  }
}

/** The thread, and its answers in the order of what it was asked. */
class CollectiveThread {
  /** Those that it waits for. */
  readonly ranks: AwaitedRanks;
  readonly #worker: Worker;
  readonly #library: string;
  readonly #lastWords = Promise.withResolvers<string>();
  #answered: PromiseWithResolvers<Started | null>;
  /** Memory that is in use: its address alone would not keep it. */
  readonly #inUse = new Set<NodeJS.TypedArray>();

  constructor(library: string, size: number) {
    this.ranks = new AwaitedRanks(size);
    this.#library = library;
    this.#answered = Promise.withResolvers();
    const { awaited, heard } = this.ranks;
    const workerData: ThreadStart = { library, awaited, heard };
    this.#worker = new Worker(new URL('thread.ts', import.meta.url), { workerData });
    this.#worker.on('message', (answer: Answer) => {
      if (answer.kind === 'lastWords') {
        this.#lastWords.resolve(answer.text);
      } else if (answer.kind === 'done') {
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

  sayAside(aside: Aside): void {
    this.#worker.postMessage(aside);
  }

  get lastWords(): Promise<string> {
    return this.#lastWords.promise;
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
