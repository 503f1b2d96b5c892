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
/** Times that the core is offered, a fraction of a millisecond in all where nobody takes it, before a nap. */
const OFFERS = 200;
const SHORTEST_NAP_MS = 0.05;
const LONGEST_NAP_MS = 1;
const REQUEST_BYTES = 8n;

/** How a wait for ranks that may be busy with something else is passed. */
export interface Leisure {
  /** What a rank sent, once it has come. False: it was not yet what is waited for, which is to follow. */
  readonly accepts: (rank: number) => boolean;
  /** Called between naps. */
  readonly meanwhile: () => void;
}

/** A message under way. */
interface Underway {
  readonly partner: number;
  /** Starts to receive another one in its place; null: it was sent. */
  readonly again: ((request: Address) => void) | null;
}

export class Messages {
  readonly #mpi: MpiFunctions;
  readonly #awaited: Int32Array;
  readonly #yieldCore: () => void;
  /** Two for each other rank: one to send, one to receive. */
  readonly #requests: BigUint64Array;
  readonly #start: Address;
  readonly #underway: Underway[] = [];
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
    this.#mpi.send(part, to, tag, this.#next({ partner: to, again: null }));
  }

  receive(part: Part, from: number, tag: number): void {
    const again = (request: Address): void => {
      this.#mpi.receive(part, from, tag, request);
    };
    again(this.#next({ partner: from, again }));
  }

  /** Waits for what is on its way: the core is left only to those that want it at once. */
  complete(): void {
    this.#completeBy(
      () => true,
      () => {
        this.#yieldCore();
      },
    );
  }

  /** Waits for ranks that are about to come: they compute the same as this one. */
  completeSoon({ accepts, meanwhile }: Leisure): void {
    let offers = 0;
    this.#completeBy(accepts, () => {
      offers += 1;
      if (offers <= OFFERS) {
        this.#yieldCore();
        return;
      }
      Atomics.wait(this.#bed, 0, 0, SHORTEST_NAP_MS);
      meanwhile();
    });
  }

  /** Waits for ranks that may be busy with something else for a while. */
  completeLeisurely({ accepts, meanwhile }: Leisure): void {
    let napMs = SHORTEST_NAP_MS;
    this.#completeBy(accepts, () => {
      Atomics.wait(this.#bed, 0, 0, napMs);
      napMs = Math.min(2 * napMs, LONGEST_NAP_MS);
      meanwhile();
    });
  }

  #completeBy(accepts: Leisure['accepts'], pause: () => void): void {
    let asks = 0;
    for (let open = this.#underway.length; open > 0;) {
      const index = this.#mpi.testAny(this.#requests, this.#isDone);
      if (this.#isDone[0] !== 1) {
        asks += 1;
        if (asks > EAGER_ASKS) {
          pause();
        }
        continue;
      }
      const { partner, again } = this.#underway[index]!;
      if (again === null || accepts(partner)) {
        Atomics.sub(this.#awaited, partner, 1);
        open -= 1;
      } else {
        again(this.#requestAt(index));
      }
    }
    this.#underway.length = 0;
  }

  /** Where the handle of the next message comes. */
  #next(message: Underway): Address {
    Atomics.add(this.#awaited, message.partner, 1);
    return this.#requestAt(this.#underway.push(message) - 1);
  }

  #requestAt(index: number): Address {
    return this.#start + REQUEST_BYTES * BigInt(index);
  }
}
