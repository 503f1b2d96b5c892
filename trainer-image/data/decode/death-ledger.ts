/**
 * Which files have killed decoders. A process may die for reasons of its own (memory, an operator's kill), so a file
 * gets three processes before it is given up; after that it is refused without a try.
 */
import type { FailureReason } from './clip-failure.ts';

const DEATHS_ALLOWED = 3;

export interface Refusal {
  readonly reason: FailureReason;
  readonly message: string;
}

export class DeathLedger {
  readonly #deaths = new Map<string, number>();
  readonly #refusals = new Map<string, Refusal>();

  /** Notes that a process died over a file; from the third death on the file has a refusal. */
  note(path: string, last: Refusal): void {
    const deaths = (this.#deaths.get(path) ?? 0) + 1;
    this.#deaths.set(path, deaths);
    if (deaths >= DEATHS_ALLOWED) {
      this.#refusals.set(path, {
        ...last,
        message: `${deaths} decoder processes were lost over it; ${last.message}`,
      });
    }
  }

  refusalOf(path: string): Refusal | undefined {
    return this.#refusals.get(path);
  }
}
