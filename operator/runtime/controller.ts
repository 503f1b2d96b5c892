/**
 * Turns keys into reconciles. In comes a queue of keys and one function that brings the world of a key in line; a
 * failure comes again after a growing delay, a result may ask to come again at a set time. Knows no kind of object.
 */
import { Backoff, type BackoffLimits } from '../../timing/backoff.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ReconcileResult {
  /** Look again after this time though nothing seems to change, milliseconds; null: only when something changes. */
  readonly requeueAfterMs: number | null;
}

/**
 * Brings the world in line with the object of this name, whatever happened to it. Called again and again with the same
 * name, never twice at the same time; it must not rely on having been called for any particular event.
 */
export type Reconcile = (key: string) => Promise<ReconcileResult>;

/** A reconcile that would fail the same way if it were tried again: it waits for the next change instead. */
export class TerminalError extends Error {
  override readonly name: string = 'TerminalError';
}

/** The object changed while it was being reconciled. Nothing is wrong: it is looked at again, later and later if that goes on. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
}

export interface ControllerOptions {
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  /** Keys worked on at the same time. @defaultValue 1 */
  readonly workers?: number;
  /** @defaultValue 50 ms, doubling to 30 s */
  readonly backoff?: BackoffLimits;
  /** Numbers in [0, 1), for jitter. */
  readonly random: () => number;
  /** Told of every reconcile that failed; the key comes again unless the error is a TerminalError. */
  readonly onError: (key: string, error: unknown) => void;
  /** Told of every key that comes again because a reconcile failed or was overtaken. */
  readonly onRetry?: () => void;
}

const DEFAULT_BACKOFF: BackoffLimits = { firstMs: 50, longestMs: 30_000 };

/** Works the queue until it is closed. Resolves when the last reconcile has ended. */
export async function runController(options: ControllerOptions): Promise<void> {
  const backoff = new Backoff(options.backoff ?? DEFAULT_BACKOFF, options.random);
  const workers = Array.from({ length: options.workers ?? 1 }, () => work(options, backoff));
  await Promise.all(workers);
}

async function work(options: ControllerOptions, backoff: Backoff): Promise<void> {
  const { queue } = options;
  for (;;) {
    const key = await queue.take();
    if (key === null) {
      return;
    }
    try {
      const { requeueAfterMs } = await options.reconcile(key);
      backoff.forget(key);
      if (requeueAfterMs !== null) {
        queue.addAfter(key, requeueAfterMs);
      }
    } catch (error) {
      if (!(error instanceof OvertakenError)) {
        options.onError(key, error);
      }
      if (!(error instanceof TerminalError)) {
        options.onRetry?.();
        queue.addAfter(key, backoff.next(key));
      }
    } finally {
      queue.done(key);
    }
  }
}
