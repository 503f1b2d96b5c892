/**
 * When a trainer renews its lease. In come its words (reports and renewals that arrived, and renewals that failed), how long
 * the operator lets it be silent and when its kubelet last probed it; out comes the moment at which the next renewal is due: a
 * word is as good as another, so none is due soon after one. The moments are chosen so that one that is lost, or late, leaves
 * at least as much time before silence counts as renewals every ten seconds did. Pure.
 */
import { LIFE } from '../../../multigrid/contract/timings.ts';

export class RenewalTimes {
  readonly #probedMs: () => number;
  /** Of the newest word that arrived, when it was sent. */
  #spokenMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #allowedSilenceMs: number = LIFE.silenceMs;
  #isKept = true;

  /** @param probedMs - when the kubelet last probed the trainer, on the clock of all other moments */
  constructor(probedMs: () => number) {
    this.#probedMs = probedMs;
  }

  /** Whether the lease is there and this trainer may renew it, as far as is known. Where it is not, reports are its words. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Milliseconds; at or before now: now. */
  dueMs(nowMs: number): number {
    const renewMs = this.#isVouchedFor(nowMs) ? LIFE.renewProbedMs : LIFE.renewMs;
    return this.#isKept ? Math.max(this.#spokenMs + renewMs, this.#notBeforeMs) : this.#notBeforeMs;
  }

  /** When to ask again what is due: then, or when a probe that does not come has made that sooner. */
  lookMs(nowMs: number): number {
    const dueMs = this.dueMs(nowMs);
    return this.#isVouchedFor(nowMs) ? Math.min(dueMs, this.#probedMs() + LIFE.probedMs) : dueMs;
  }

  /** A report that was sent then has arrived. */
  reported(sentMs: number): void {
    this.#spokenMs = Math.max(this.#spokenMs, sentMs);
  }

  /** A renewal is sent now. Another one follows it should it remain without an answer. */
  asked(nowMs: number): void {
    this.#notBeforeMs = nowMs + this.#afterMs(nowMs, LIFE.renewUnansweredMs);
  }

  /** @param allowedSilenceMs - of a trainer that answers its kubelet, as the lease says; null: the lease does not say */
  renewed(sentMs: number, allowedSilenceMs: number | null): void {
    this.#isKept = true;
    this.#allowedSilenceMs = allowedSilenceMs ?? LIFE.silenceMs;
    this.reported(sentMs);
  }

  /** A renewal that was sent then did not arrive, for a reason that may pass. */
  failed(sentMs: number, nowMs: number): void {
    this.#notBeforeMs = Math.min(
      nowMs + this.#afterMs(nowMs, LIFE.renewAgainMs),
      Math.max(nowMs, sentMs + this.#afterMs(sentMs, LIFE.renewUnansweredMs)),
    );
  }

  /** There is no lease, or it is not this trainer's to renew. */
  refused(nowMs: number): void {
    this.#isKept = false;
    this.#notBeforeMs = nowMs + LIFE.renewMs;
  }

  /** Who is late anyway hurries no more: a server that is overloaded would be so by those who ask it again and again. */
  #afterMs(nowMs: number, soonMs: number): number {
    const allowedMs = this.#isVouchedFor(nowMs) ? LIFE.vouchedSilenceMs : LIFE.silenceMs;
    return nowMs - this.#spokenMs < allowedMs ? soonMs : LIFE.renewMs;
  }

  /** An operator from before there were probes lets nobody be silent for longer. */
  #isVouchedFor(nowMs: number): boolean {
    return this.#allowedSilenceMs >= LIFE.vouchedSilenceMs && nowMs - this.#probedMs() < LIFE.probedMs;
  }
}
