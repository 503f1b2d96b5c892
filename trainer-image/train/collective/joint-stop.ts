/**
 * All workers stop at the same place. In: the signal that asks this one, and what the others were asked. Out: the signal that the
 * training listens to. One worker stops at once, in the middle of a step; one of several would leave the others waiting in a sum,
 * so each tells what it was asked with its part of a sum, and all of them stop after it.
 */
import type { Collective } from './collective.ts';

/** Why a worker stops that was not asked to itself. */
export class OtherWorkerStoppedError extends Error {
  override readonly name = 'OtherWorkerStoppedError';

  constructor() {
    super('another worker was asked to stop, and all stop together');
  }
}

export class JointStop {
  readonly #collective: Pick<Collective, 'size' | 'sum'>;
  readonly #asked: AbortSignal;
  readonly #together = new AbortController();

  /** @param asked - asks this worker */
  constructor(collective: Pick<Collective, 'size' | 'sum'>, asked: AbortSignal) {
    this.#collective = collective;
    this.#asked = asked;
  }

  /** What everything listens to that other workers take part in: aborts on all of them at the same place. */
  get signal(): AbortSignal {
    return this.#collective.size === 1 ? this.#asked : this.#together.signal;
  }

  /** Whether this worker has been asked. */
  get isAsked(): boolean {
    return this.#asked.aborted;
  }

  /** Takes in what a sum said, on all workers at the same place. */
  settle({ isStopAsked }: { readonly isStopAsked: boolean }): void {
    if (isStopAsked) {
      this.#together.abort(this.isAsked ? this.#asked.reason : new OtherWorkerStoppedError());
    }
  }

  /**
   * At a place in long work that all workers come to: all of them stop here if any has been asked.
   *
   * @throws the reason of `signal`.
   */
  agree(): Promise<void> {
    return this.#stopIfAny(this.isAsked);
  }

  /**
   * Long work in which workers do not wait for each other, such as an evaluation's. It listens to the signal that asks this
   * worker; if it ended on any of them for that, all of them stop. Where they do wait for each other it asks `agree` instead.
   *
   * @throws the reason of `signal`; what the work throws.
   */
  async together<Result>(work: (asked: AbortSignal) => Promise<Result>): Promise<Result> {
    this.signal.throwIfAborted();
    if (this.#collective.size === 1) {
      return work(this.#asked);
    }
    const [ended] = await Promise.allSettled([work(this.#asked)]);
    // They have agreed already.
    this.signal.throwIfAborted();
    const isStopped = ended.status === 'rejected' && this.isAsked && ended.reason === this.#asked.reason;
    if (ended.status === 'rejected' && !isStopped) {
      throw ended.reason;
    }
    await this.#stopIfAny(isStopped);
    if (ended.status === 'rejected') {
      throw ended.reason;
    }
    return ended.value;
  }

  /** @throws the reason of `signal`, on all workers, if it is so on one. */
  async #stopIfAny(isSo: boolean): Promise<void> {
    const count = Float64Array.of(Number(isSo));
    await this.#collective.sum(count);
    this.settle({ isStopAsked: count[0]! > 0 });
    this.signal.throwIfAborted();
  }
}
