/**
 * What the main thread and the thread of the collectives say to each other. In and out: plain values that can be cloned. Memory
 * goes by its address; whoever sends it keeps it until the answer.
 */
import type { Address } from '../native/c-library.ts';
import type { ExchangedGroup, SharedExchanges } from './exchange-memory.ts';
import { MpiCallError, MpiMissingError, RanksDisagreeError } from './mpi-errors.ts';
import type { CollectiveKind } from './words.ts';

/** What the thread is started with. */
export interface ThreadStart {
  readonly library: string;
  /** int32, shared: by rank, messages that are still missing. */
  readonly awaited: Int32Array;
  /** int32, shared: by rank, words that have come of it, signs of life among them. */
  readonly heard: Int32Array;
}

/** Gets no answer. */
export type Aside = { readonly kind: 'late' } | { readonly kind: 'lastWords'; readonly text: string };

/** Gets an answer. */
export type Order =
  | { readonly kind: CollectiveKind; readonly address: Address; readonly length: number }
  | {
      readonly kind: 'exchanges';
      readonly shared: SharedExchanges;
      readonly groups: readonly ExchangedGroup[];
    }
  | { readonly kind: 'finalize' };

export interface Started {
  readonly rank: number;
  readonly size: number;
  readonly version: string;
}

/** An answer to the start or to an order, in their order; or, between them on the first rank, the last words of another. */
export type Answer =
  | { readonly kind: 'lastWords'; readonly text: string }
  | { readonly kind: 'done'; readonly started: Started | null }
  | { readonly kind: 'failed'; readonly errorName: string; readonly message: string };

const ERRORS = { MpiCallError, MpiMissingError, RanksDisagreeError } as const;

/** An error as an answer: its class would not survive the way. */
export function failed(error: unknown): Answer {
  return Error.isError(error)
    ? { kind: 'failed', errorName: error.name, message: error.message }
    : { kind: 'failed', errorName: '', message: String(error) };
}

/** The error that an answer tells of. */
export function errorOf({ errorName, message }: Extract<Answer, { kind: 'failed' }>): Error {
  const found = Object.entries(ERRORS).find(([name]) => name === errorName);
  return found === undefined ? new Error(message) : new found[1](message);
}
