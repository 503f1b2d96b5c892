/**
 * The memory in which a run of a graph and the thread of the collectives meet: the numbers of all exchanges of a step, and the
 * signals that they are there. In: the exchanges, in order. Out: an `ExchangeMemory`, whose arrays are bound to the graph, and a
 * description of it that another thread can take.
 */
import { Semaphores } from '../native/semaphores.ts';
import type { StatisticsKind } from './merge-statistics.ts';

/** One exchange: two rows of so many float32 numbers are given, and as many taken. */
export interface Exchange {
  readonly kind: StatisticsKind;
  /** Channels times the pieces of all groups: the pieces of one channel follow each other. */
  readonly length: number;
}

/** A rank that has clips of a group. */
export interface GroupHolder {
  readonly rank: number;
  /** Its clips of the group over the group's. */
  readonly weight: number;
  /** Its clips in all over those of this rank: gradients are by a rank's own mean loss, and have to be of one size. */
  readonly scale: number;
}

/** A group of which this rank has clips. */
export interface ExchangedGroup {
  /** Pieces of it here, all of one size. */
  readonly pieces: number;
  /** By rank, this one included. */
  readonly holders: readonly GroupHolder[];
}

/** What the thread of the collectives gets to see. */
export interface SharedExchanges {
  readonly exchanges: readonly Exchange[];
  readonly signals: SharedArrayBuffer;
  /** Of every exchange what is given, then what is taken. */
  readonly numbers: SharedArrayBuffer;
  readonly notes: SharedArrayBuffer;
}

/** Places in the notes. */
const [FAILED, SPOILER, SERVED] = [0, 1, 2];
const NOTES = 3;

/** What both threads note down for each other. */
export class ExchangeNotes {
  readonly memory: SharedArrayBuffer;
  readonly #notes: Int32Array;

  constructor(memory = new SharedArrayBuffer(NOTES * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#notes = new Int32Array(memory);
  }

  clear(): void {
    this.#notes.fill(0);
  }

  /** The run here has failed: it gives no more numbers. */
  get hasFailed(): boolean {
    return Atomics.load(this.#notes, FAILED) === 1;
  }

  fail(): void {
    Atomics.store(this.#notes, FAILED, 1);
  }

  /** A rank whose run has failed; null: none. */
  get spoiler(): number | null {
    const noted = Atomics.load(this.#notes, SPOILER);
    return noted === 0 ? null : noted - 1;
  }

  spoil(rank: number): void {
    Atomics.compareExchange(this.#notes, SPOILER, 0, rank + 1);
  }

  /** Exchanges that are over. */
  get served(): number {
    return Atomics.load(this.#notes, SERVED);
  }

  serve(): void {
    Atomics.add(this.#notes, SERVED, 1);
  }
}

/** Numbers of a signal: what is given is there; what is to be taken is there. */
export function signalsOf(index: number): { readonly given: number; readonly taken: number } {
  return { given: 2 * index, taken: 2 * index + 1 };
}

/** Of every exchange the numbers that are given and taken, float32 `[2, length]`, in the memory. */
export function numbersOf(
  exchanges: readonly Exchange[],
  memory: SharedArrayBuffer,
): readonly { readonly given: Float32Array; readonly taken: Float32Array }[] {
  let start = 0;
  const next = (length: number): Float32Array => {
    const numbers = new Float32Array(memory, start, 2 * length);
    start += numbers.byteLength;
    return numbers;
  };
  return exchanges.map(({ length }) => ({ given: next(length), taken: next(length) }));
}

/** Statistics of a step are not those of all workers. */
export class ExchangesTornError extends Error {
  override readonly name = 'ExchangesTornError';

  constructor() {
    super(
      'batch statistics of other workers were not waited for in a step: a signal interrupted the wait; the step does not count',
    );
  }
}

export class ExchangeMemory {
  readonly signals: Semaphores;
  readonly notes = new ExchangeNotes();
  /** By exchange: bound to the outputs of the graph. */
  readonly numbers: ReturnType<typeof numbersOf>;
  readonly shared: SharedExchanges;
  /** Signals may be left over from a run that did not come to its end. */
  #isClean = true;

  constructor(exchanges: readonly Exchange[]) {
    const floats = exchanges.reduce((sum, { length }) => sum + 4 * length, 0);
    const numbers = new SharedArrayBuffer(floats * Float32Array.BYTES_PER_ELEMENT);
    this.signals = Semaphores.create(2 * exchanges.length);
    this.numbers = numbersOf(exchanges, numbers);
    this.shared = { exchanges, numbers, signals: this.signals.memory, notes: this.notes.memory };
  }

  /** Before every run; neither a run nor a thread may be at an exchange. */
  prepare(): void {
    this.notes.clear();
    if (!this.#isClean) {
      this.signals.reset();
      this.#isClean = true;
    }
  }

  /** The run has failed: the thread goes through the exchanges that are left without it. */
  leave(): void {
    this.#isClean = false;
    this.notes.fail();
    this.#postAll('given');
  }

  /** The exchanges have failed: the run comes to its end without them. */
  letGo(): void {
    this.#isClean = false;
    this.#postAll('taken');
  }

  /**
   * After a run that has come to its end. A wait inside the graph that a signal of the system ended early went on without the numbers
   * of the others, and has left its own signal behind.
   *
   * @throws ExchangesTornError
   */
  requireAllTaken(): void {
    for (let signal = 0; signal < this.signals.count; signal += 1) {
      if (this.signals.tryWait(signal)) {
        this.#isClean = false;
        throw new ExchangesTornError();
      }
    }
  }

  #postAll(signal: 'given' | 'taken'): void {
    this.shared.exchanges.forEach((_, index) => {
      this.signals.post(signalsOf(index)[signal]);
    });
  }
}
