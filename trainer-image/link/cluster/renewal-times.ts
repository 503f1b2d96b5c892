/**
 * When a trainer renews its lease. In come its words (reports and renewals that arrived, and renewals that failed), out comes
 * the moment at which the next renewal is due: a word is as good as another, so none is due soon after one. The moments are
 * chosen so that one that is lost, or late, leaves at least as much time before silence counts as renewals every ten
 * seconds did. Pure.
 */
import { LIFE } from '../../../multigrid/contract/timings.ts';

export class RenewalTimes {
  /** Of the newest word that arrived, when it was sent. */
  #spokenMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #isKept = true;

  /** Whether the lease is there and this trainer may renew it, as far as is known. Where it is not, reports are its words. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Milliseconds on the clock of all other moments; in the past: now. */
  get dueMs(): number {
    return this.#isKept ? Math.max(this.#spokenMs + LIFE.renewMs, this.#notBeforeMs) : this.#notBeforeMs;
  }

  /** A report that was sent then has arrived. */
  reported(sentMs: number): void {
    this.#spokenMs = Math.max(this.#spokenMs, sentMs);
  }

  /** A renewal is sent now. Another one follows it should it remain without an answer. */
  asked(nowMs: number): void {
    this.#notBeforeMs = nowMs + LIFE.renewUnansweredMs;
  }

  renewed(sentMs: number): void {
    this.#isKept = true;
    this.reported(sentMs);
  }

  /** A renewal that was sent then did not arrive, for a reason that may pass. */
  failed(sentMs: number, nowMs: number): void {
    this.#notBeforeMs = Math.min(nowMs + LIFE.renewAgainMs, Math.max(nowMs, sentMs + LIFE.renewUnansweredMs));
  }

  /** There is no lease, or it is not this trainer's to renew. */
  refused(nowMs: number): void {
    this.#isKept = false;
    this.#notBeforeMs = nowMs + LIFE.renewMs;
  }
}
