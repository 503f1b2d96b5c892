/**
 * What a rank says outside of collectives, on the thread that calls MPI: that it is alive though late, and, to the first rank, why
 * it fails. In: a wish to say so. Out, on the first rank: the last words of others, as soon as somebody looks for them.
 */
import { addressOf } from '../native/c-library.ts';
import { ANY_SOURCE, BYTE, REQUEST_NULL } from './abi.ts';
import type { MpiFunctions, Part } from './mpi-functions.ts';
import { LAST_WORDS_BYTES, LATE, TAGS, WORD_NUMBERS } from './words.ts';

export class Asides {
  readonly #mpi: MpiFunctions;
  readonly #others: readonly number[];
  /** By rank: a sign of life that is under way; one at a time, so that they do not pile up at a rank that takes none. */
  readonly #signs: BigUint64Array;
  readonly #late = new Float64Array(WORD_NUMBERS).fill(LATE);
  readonly #words = new Uint8Array(LAST_WORDS_BYTES);
  readonly #request = new BigUint64Array(1).fill(REQUEST_NULL);
  readonly #isDone = new Int32Array(1);

  constructor(mpi: MpiFunctions, others: readonly number[]) {
    this.#mpi = mpi;
    this.#others = others;
    this.#signs = new BigUint64Array(others.length + 1).fill(REQUEST_NULL);
  }

  /** To all who may be waiting for this rank's next word. */
  sayLate(): void {
    const word = { address: addressOf(this.#late), count: this.#late.byteLength, type: BYTE };
    for (const rank of this.#others) {
      const request = this.#signs.subarray(rank, rank + 1);
      if (this.#isOver(request)) {
        this.#mpi.send(word, rank, TAGS.word, addressOf(request));
      }
    }
  }

  /** To the first rank. Longer words are cut. */
  sayLastWords(text: string): void {
    this.#words.fill(0x20);
    new TextEncoder().encodeInto(text, this.#words);
    this.#mpi.send(this.#wholeWords(), 0, TAGS.lastWords, addressOf(this.#request));
    this.#finish(this.#request);
  }

  /** On the first rank: the last words of a rank that fails; null while nobody does. */
  lastWords(): string | null {
    if (!this.#mpi.hasCome(TAGS.lastWords)) {
      return null;
    }
    this.#mpi.receive(this.#wholeWords(), ANY_SOURCE, TAGS.lastWords, addressOf(this.#request));
    this.#finish(this.#request);
    return new TextDecoder().decode(this.#words).trim();
  }

  /** Before the end of MPI: all others have taken what was sent. */
  finish(): void {
    this.#finish(this.#signs);
  }

  #wholeWords(): Part {
    return { address: addressOf(this.#words), count: this.#words.byteLength, type: BYTE };
  }

  #finish(requests: BigUint64Array): void {
    while (requests.some((request) => request !== REQUEST_NULL)) {
      this.#mpi.testAny(requests, this.#isDone);
    }
  }

  #isOver(request: BigUint64Array): boolean {
    this.#mpi.testAny(request, this.#isDone);
    return this.#isDone[0] === 1;
  }
}
