/**
 * Time that passes when a test says so. Sleepers wake in the order in which they are due, each with everything that its
 * waking sets going done before time goes on. Its timers have the limits of Node's own, so that what is too long for those
 * fires at once here too.
 */
import { LONGEST_TIMER_MS, sleepBy, type Sleep } from '../../timing/timers.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export class VirtualTime {
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  readonly now = (): number => this.#nowMs;

  /** As Node's: what it cannot hold becomes 1 ms. */
  readonly timer: Sleep = (ms, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const sleeper = {
      atMs: this.#nowMs + (ms <= LONGEST_TIMER_MS ? Math.max(1, ms) : 1),
      wake: () => {
        resolve(undefined);
      },
    };
    const abort = (): void => {
      this.#sleepers.delete(sleeper);
      reject(new Error('aborted'));
    };
    this.#sleepers.add(sleeper);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) {
      abort();
    }
    return promise;
  };

  readonly sleep: Sleep = sleepBy(this.timer);

  /** How many sleeps are neither over nor cancelled. */
  get pending(): number {
    return this.#sleepers.size;
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const next = [...this.#sleepers]
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) {
        this.#nowMs = untilMs;
        return;
      }
      this.#sleepers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await settle();
    }
  }
}

/** Until all that can go on without time has done so. */
export const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
