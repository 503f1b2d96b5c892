/**
 * Which ranks are waited for, and for how long nothing has been heard of them: what the main thread sees of a wait on the thread of
 * the collectives. In: counters that this thread writes, and a beat now and then. Out: ranks, and beats of silence.
 */
import { BEATS } from './watchdog.ts';

export class AwaitedRanks {
  /** By rank: messages that are still missing. Shared. */
  readonly awaited: Int32Array;
  /** By rank: words that have come. Shared. */
  readonly heard: Int32Array;
  readonly #heardBefore: Int32Array;
  readonly #silentBeats: Int32Array;
  #nobodysBeats = 0;

  constructor(size: number) {
    const bytes = size * Int32Array.BYTES_PER_ELEMENT;
    this.awaited = new Int32Array(new SharedArrayBuffer(bytes));
    this.heard = new Int32Array(new SharedArrayBuffer(bytes));
    this.#heardBefore = new Int32Array(size);
    this.#silentBeats = new Int32Array(size);
  }

  /** A new wait begins. */
  begin(): void {
    this.#silentBeats.fill(0);
    this.#nobodysBeats = 0;
  }

  /** Counts a beat. @returns how many there have been without a word from the rank that is silent for longest */
  beat(): number {
    const awaited = this.ranks();
    for (const rank of awaited) {
      const heard = Atomics.load(this.heard, rank);
      this.#silentBeats[rank] = heard === this.#heardBefore[rank] ? this.#silentBeats[rank]! + 1 : 0;
      this.#heardBefore[rank] = heard;
    }
    // Inside a call of MPI nobody knows who is waited for.
    this.#nobodysBeats = awaited.length === 0 ? this.#nobodysBeats + 1 : 0;
    return Math.max(this.#nobodysBeats, ...awaited.map((rank) => this.#silentBeats[rank]!));
  }

  /** The same for a wait between whose parts this rank works by itself: what it waits for nobody in is no silence. */
  beatOfSome(): number {
    if (this.ranks().length === 0) {
      this.begin();
      return 0;
    }
    return this.beat();
  }

  ranks(): readonly number[] {
    return [...this.awaited.keys()].filter((rank) => Atomics.load(this.awaited, rank) > 0);
  }

  /** Those among them that have been silent for a whole limit. */
  silentRanks(): readonly number[] {
    return this.ranks().filter((rank) => this.#silentBeats[rank]! >= BEATS);
  }
}
