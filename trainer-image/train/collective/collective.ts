/**
 * What the workers of one training do together. In: memory of every worker. Out: the same memory with what all of them had. A
 * step adds up its gradients and what it measured through it, so the loop is the same for one worker and for many.
 */
import type { DeviceTensor } from '../../engine/engine.ts';
import type { ExchangedGroup, ExchangeMemory } from '../../mpi/exchange-memory.ts';

/** All gradients of a step, one after the other, and what else of it is added up. */
export interface GradientBlock {
  /** float32 `[length]`; places between parameters are 0. */
  readonly tensor: DeviceTensor;
  readonly length: number;
}

export interface Collective {
  /** Which of the workers this is, from 0. */
  readonly rank: number;
  /** Workers in all. */
  readonly size: number;
  /** Replaces every worker's block by the sum over all of them, in the order of the ranks. */
  sumGradients(block: GradientBlock): Promise<void>;
  /** Replaces numbers of every worker by their sums over all of them, in the order of the ranks. */
  sum(numbers: Float64Array): Promise<void>;
  /** Replaces the block of every worker by that of the first. */
  broadcast(block: GradientBlock): Promise<void>;
  /** Gives every worker the bytes of the first; what the others bring along is not looked at. */
  broadcastBytes(bytes: Uint8Array): Promise<Uint8Array>;
  /**
   * Runs this worker's part of a step with exchanges in its graph, as all workers do at the same time.
   *
   * @param groups - of which this worker has clips
   * @param run - ends early, with the signal's reason, where the others are lost
   * @throws what the run throws; RankFailedError when another worker's run failed. All workers are at the end of the step then.
   */
  exchange<Result>(
    memory: ExchangeMemory,
    groups: readonly ExchangedGroup[],
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result>;
  /** Resolves when every worker has come this far. @throws the signal's reason. */
  barrier(signal: AbortSignal): Promise<void>;
  /** Tells the first worker why this one is about to end, whatever both of them are doing. Sent, not yet heard. */
  sayLastWords(text: string): void;
  /** On the first worker: resolves with the last words of the first other one that has some. */
  readonly lastWords: Promise<string>;
  /**
   * The orderly end, of all workers together. A process that ends before takes the others along, so that nobody waits for it.
   */
  close(): Promise<void>;
}

/** What is done with blocks, which lie on the device. */
export type BlockSums = Pick<Collective, 'broadcast' | 'sumGradients'>;

/** The same workers, with another way to work on what lies on their devices. */
export function withBlockSums(workers: Collective, { broadcast, sumGradients }: BlockSums): Collective {
  return {
    rank: workers.rank,
    size: workers.size,
    sumGradients,
    broadcast,
    sum: (numbers) => workers.sum(numbers),
    broadcastBytes: (bytes) => workers.broadcastBytes(bytes),
    exchange: (memory, groups, run) => workers.exchange(memory, groups, run),
    barrier: (signal) => workers.barrier(signal),
    sayLastWords: (text) => {
      workers.sayLastWords(text);
    },
    lastWords: workers.lastWords,
    close: () => workers.close(),
  };
}
