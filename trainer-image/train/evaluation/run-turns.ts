/**
 * Runs that go on side by side as long as memory suffices, and from the first that does not fit on one at a time. In: an
 * action that may run out of memory and can then be done again. Out: a promise for its end. `evaluate.ts` runs its lanes
 * through it; the training step has finer means (`shape-runner.ts`).
 */
import { isOutOfMemory } from '../../engine/engine-error.ts';

export class RunTurns {
  readonly #releaseIdleMemory: () => Promise<void>;
  readonly #sideBySide = new Set<Promise<void>>();
  #isShort = false;
  #last: Promise<void> = Promise.resolve();

  constructor(releaseIdleMemory: () => Promise<void>) {
    this.#releaseIdleMemory = releaseIdleMemory;
  }

  /** @throws what the action throws; out of memory only when it does not fit alone either. */
  async run(action: () => Promise<void>): Promise<void> {
    if (!this.#isShort && (await this.#fitsBesideOthers(action))) {
      return;
    }
    this.#isShort = true;
    const turn = this.#last.then(() => this.#alone(action));
    this.#last = turn.catch(() => undefined);
    await turn;
  }

  async #fitsBesideOthers(action: () => Promise<void>): Promise<boolean> {
    const running = action();
    this.#sideBySide.add(running);
    try {
      await running;
      return true;
    } catch (error) {
      if (isOutOfMemory(error)) {
        return false;
      }
      throw error;
    } finally {
      this.#sideBySide.delete(running);
    }
  }

  async #alone(action: () => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#sideBySide);
    await this.#releaseIdleMemory();
    await action();
  }
}
