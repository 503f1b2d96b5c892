/**
 * Messages between this rank and others that are under way. In: what to send and to receive. Out: a wait until all of it is done;
 * meanwhile `awaited` counts, by rank, what is still missing, for another thread to read. Waiting for ranks that may take their
 * time leaves the core to others; waiting for bytes that are on their way does not.
 */
import { type Address, addressOf } from '../native/c-library.ts';
import { REQUEST_NULL } from './abi.ts';
import type { MpiFunctions, Part } from './mpi-functions.ts';

/** Asks in a row, a fraction of a millisecond in all, before the core is offered to others. */
const EAGER_ASKS = 500;
const SHORTEST_NAP_MS = 0.05;
const LONGEST_NAP_MS = 1;
const REQUEST_BYTES = 8n;

export class Messages {
  readonly #mpi: MpiFunctions;
  readonly #awaited: Int32Array;
  readonly #yieldCore: () => void;
  /** Two for each other rank: one to send, one to receive. */
  readonly #requests: BigUint64Array;
  readonly #start: Address;
  readonly #partners: number[] = [];
  readonly #isDone = new Int32Array(1);
  /** Nobody ever wakes who sleeps on it. */
  readonly #bed = new Int32Array(new SharedArrayBuffer(4));

  /** @param awaited - int32 `[size]`, shared with the thread that watches. */
  constructor(mpi: MpiFunctions, awaited: Int32Array, yieldCore: () => void) {
    this.#mpi = mpi;
    this.#yieldCore = yieldCore;
    this.#awaited = awaited;
    this.#requests = new BigUint64Array(2 * awaited.length).fill(REQUEST_NULL);
    this.#start = addressOf(this.#requests);
  }

  send(part: Part, to: number, tag: number): void {
    this.#mpi.send(part, to, tag, this.#next(to));
  }

  receive(part: Part, from: number, tag: number): void {
    this.#mpi.receive(part, from, tag, this.#next(from));
  }

  /** Waits for what is on its way: the core is left only to those that want it at once. */
  complete(): void {
    this.#completeBy(() => {
      this.#yieldCore();
    });
  }

  /** Waits for ranks that may be busy with something else for a while. */
  completeLeisurely(): void {
    let napMs = SHORTEST_NAP_MS;
    this.#completeBy(() => {
      Atomics.wait(this.#bed, 0, 0, napMs);
      napMs = Math.min(2 * napMs, LONGEST_NAP_MS);
    });
  }

  #completeBy(pause: () => void): void {
    let asks = 0;
    for (let open = this.#partners.length; open > 0;) {
      const index = this.#mpi.testAny(this.#requests, this.#isDone);
      if (this.#isDone[0] === 1) {
        this.#done(index);
        open -= 1;
      } else if ((asks += 1) > EAGER_ASKS) {
        pause();
      }
    }
    this.#partners.length = 0;
  }

  /** Where the handle of the next message comes. */
  #next(partner: number): Address {
    Atomics.add(this.#awaited, partner, 1);
    const index = this.#partners.push(partner) - 1;
    return this.#start + REQUEST_BYTES * BigInt(index);
  }

  #done(index: number): void {
    Atomics.sub(this.#awaited, this.#partners[index]!, 1);
  }
}
