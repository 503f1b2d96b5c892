/**
 * What ranks do together, as seen from one of them, on the thread that belongs to it. In: memory at an address, on every rank.
 * Out: the same memory with what all of them had. Every collective starts with a word to each other rank about what comes: who
 * is late is known by name then, and ranks that do different things find out before a byte is mixed up.
 *
 * Sums are made in the order of the ranks, ((r0 + r1) + r2) + …, for every number by one rank, which gives it to the others: the
 * same bits on all ranks, in every run, however the ranks lie on machines.
 */
import { type Address, addressOf, bytesAt } from '../native/c-library.ts';
import { BYTE, FLOAT } from './abi.ts';
import { Exchanges } from './exchanges.ts';
import type { ExchangedGroup, SharedExchanges } from './exchange-memory.ts';
import { type Leisure, Messages } from './messages.ts';
import type { MpiFunctions, Part } from './mpi-functions.ts';
import { RanksDisagreeError } from './mpi-errors.ts';
import type { ThreadStart } from './thread-protocol.ts';
import { chunksOf, longestSlice, type Slice, sliceOf } from './slices.ts';
import { type CollectiveKind, COLLECTIVES, inWords, isLate, TAGS, WORD_NUMBERS } from './words.ts';

const [FLOAT_BYTES, NUMBER_BYTES] = [4, 8];
/** Floats of one broadcast: MPI counts in 32 bits. */
const BROADCAST = 2 ** 28;

export class Collectives {
  readonly #mpi: MpiFunctions;
  readonly #messages: Messages;
  readonly #rank: number;
  readonly #others: readonly number[];
  readonly #size: number;
  /** A word of every rank. */
  readonly #words: Float64Array;
  /** A slice of every rank; taken when it is first needed. */
  #scratch: Float32Array | null = null;
  readonly #leisure: Leisure;
  readonly #exchanges: Exchanges;
  #sequence = 0;

  /**
   * @param others - all ranks but this one, in the order in which it turns to them
   * @param watched - what another thread sees of a wait
   * @param meanwhile - called now and then while others are waited for
   */
  constructor(
    mpi: MpiFunctions,
    others: readonly number[],
    { awaited, heard }: Pick<ThreadStart, 'awaited' | 'heard'>,
    meanwhile: () => void,
  ) {
    this.#mpi = mpi;
    this.#messages = new Messages(mpi, awaited, () => {
      mpi.yieldCore();
    });
    this.#rank = mpi.rank();
    this.#size = mpi.size();
    this.#others = others;
    this.#words = new Float64Array(WORD_NUMBERS * this.#size);
    const accepts = (rank: number): boolean => {
      Atomics.add(heard, rank, 1);
      return !isLate(this.#wordOf(rank));
    };
    this.#leisure = { accepts, meanwhile };
    this.#exchanges = new Exchanges(this.#rank, this.#messages, {
      ...{ meanwhile },
      accepts: (rank) => Atomics.add(heard, rank, 1) >= 0,
    });
  }

  /**
   * @param length - numbers at the address: float32, or float64 for `sumNumbers`
   * @throws RanksDisagreeError, MpiCallError; the ranks are out of step then
   */
  take(kind: CollectiveKind, address: Address, length: number): void {
    this.#agree(kind, length);
    if (length === 0 || this.#size === 1) {
      return;
    }
    switch (kind) {
      case 'barrier':
        return;
      case 'sumFloats':
        for (const chunk of chunksOf(length)) {
          this.#sumChunk(address, chunk);
        }
        return;
      case 'sumNumbers':
        this.#sumNumbers(address, length);
        return;
      case 'broadcastFloats':
        for (const { start, length: count } of chunksOf(length, BROADCAST)) {
          this.#mpi.broadcastFloats(floatAt(address, start), count, 0);
        }
    }
  }

  /**
   * Goes through the exchanges of a step while it runs.
   *
   * @throws RanksDisagreeError, MpiCallError; the ranks are out of step then
   */
  exchange(shared: SharedExchanges, groups: readonly ExchangedGroup[]): void {
    this.#agree('exchanges', shared.exchanges.length);
    this.#exchanges.serve(shared, groups);
  }

  #agree(kind: (typeof COLLECTIVES)[number], length: number): void {
    this.#sequence += 1;
    const own = this.#wordOf(this.#rank);
    own.set([this.#sequence, COLLECTIVES.indexOf(kind), length]);
    this.#exchange(TAGS.word, (rank) => bytesOf(this.#wordOf(rank)), bytesOf(own));
    this.#messages.completeLeisurely(this.#leisure);
    for (const rank of this.#others) {
      const word = this.#wordOf(rank);
      if (word.some((number, index) => number !== own[index])) {
        throw new RanksDisagreeError(
          `rank ${this.#rank} is at ${inWords(own)}, rank ${rank} at ${inWords(word)}: they run different programs, or one ` +
            'of them left something out; start all of them from the same version and the same checkpoint',
        );
      }
    }
  }

  #wordOf(rank: number): Float64Array {
    return this.#words.subarray(WORD_NUMBERS * rank, WORD_NUMBERS * (rank + 1));
  }

  /** Each rank adds up its slice of the chunk and gives it to the others. */
  #sumChunk(address: Address, chunk: Slice): void {
    const scratch = addressOf((this.#scratch ??= new Float32Array(this.#size * longestSlice(this.#size))));
    const sliceAt = (rank: number): Slice => sliceOf(chunk, rank, this.#size);
    const inBlock = (rank: number): Part => partAt(address, sliceAt(rank));
    const own = inBlock(this.#rank);
    const received = (rank: number): Part => ({
      ...own,
      address: floatAt(scratch, rank * longestSlice(this.#size)),
    });
    for (const rank of this.#others) {
      this.#messages.receive(received(rank), rank, TAGS.parts);
    }
    for (const rank of this.#others) {
      this.#messages.send(inBlock(rank), rank, TAGS.parts);
    }
    this.#messages.complete();
    this.#addInOrder(own, (rank) => received(rank).address);
    for (const rank of this.#others) {
      this.#messages.receive(inBlock(rank), rank, TAGS.sums);
    }
    for (const rank of this.#others) {
      this.#messages.send(own, rank, TAGS.sums);
    }
    this.#messages.complete();
  }

  /** Sums of two do not depend on which comes first, so own numbers need not be moved to where the first rank's are. */
  #addInOrder(own: Part, at: (rank: number) => Address): void {
    for (let rank = 1; rank < this.#rank; rank += 1) {
      this.#mpi.addFloats(at(rank), at(0), own.count);
    }
    if (this.#rank > 0) {
      this.#mpi.addFloats(at(0), own.address, own.count);
    }
    for (let rank = this.#rank + 1; rank < this.#size; rank += 1) {
      this.#mpi.addFloats(at(rank), own.address, own.count);
    }
  }

  /** A few numbers: every rank gets those of all and adds them up itself. */
  #sumNumbers(address: Address, length: number): void {
    const own = new Float64Array(bytesAt(address, length * NUMBER_BYTES).buffer);
    const all = Array.from({ length: this.#size }, (_, rank) =>
      rank === this.#rank ? own.slice() : new Float64Array(length),
    );
    const kept = all[this.#rank]!;
    this.#exchange(TAGS.numbers, (rank) => bytesOf(all[rank]!), bytesOf(kept));
    this.#messages.complete();
    own.forEach((_, index) => {
      own[index] = all.reduce((sum, numbers) => sum + numbers[index]!, 0);
    });
  }

  /** Starts to send the same to all other ranks, and to receive from each. */
  #exchange(tag: number, place: (rank: number) => Part, own: Part): void {
    for (const rank of this.#others) {
      this.#messages.receive(place(rank), rank, tag);
    }
    for (const rank of this.#others) {
      this.#messages.send(own, rank, tag);
    }
  }
}

function floatAt(address: Address, index: number): Address {
  return address + BigInt(index * FLOAT_BYTES);
}

function partAt(address: Address, { start, length }: Slice): Part {
  return { address: floatAt(address, start), count: length, type: FLOAT };
}

function bytesOf(numbers: Float64Array): Part {
  return { address: addressOf(numbers), count: numbers.byteLength, type: BYTE };
}
