/**
 * What the maker of the dataset and its worker processes say to each other over IPC. worker-pool.ts sends orders,
 * worker.ts answers.
 */
import { textAt } from '../../../multigrid/json/fields.ts';
import type { VideoKey } from './random-stream.ts';
import type { VideoRecord } from './video-maker.ts';

/** Parent to worker: make these videos, then say `idle`. */
export interface WorkOrder {
  readonly kind: 'make';
  readonly directory: string;
  /** Side of the picture, pixels. */
  readonly size: number;
  readonly videos: readonly VideoKey[];
}

/** Worker to parent. */
export type WorkerReport =
  /** Waits for an order. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'made'; readonly record: VideoRecord; readonly isNew: boolean }
  /** Cannot go on; the worker waits to be let go, so that this report is not lost. */
  | { readonly kind: 'failed'; readonly problem: string };

/** The other end is our own code of the same version: the kind alone tells messages apart. */
export function isWorkOrder(message: unknown): message is WorkOrder {
  return kindOf(message) === 'make';
}

export function isWorkerReport(message: unknown): message is WorkerReport {
  return ['idle', 'made', 'failed'].includes(kindOf(message));
}

function kindOf(message: unknown): string {
  return textAt(message, 'kind') ?? '';
}
