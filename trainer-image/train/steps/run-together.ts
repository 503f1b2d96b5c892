/**
 * A run in whose graph workers exchange statistics, so that all of them run at the same time or none does. In: one worker's run.
 * Out: its result, once a run has succeeded on every worker. A worker that ran out of memory says so at the end of the step; the
 * others run again with it.
 */
import { isOutOfMemory } from '../../engine/engine-error.ts';
import type { ExchangedGroup, ExchangeMemory } from '../../mpi/exchange-memory.ts';
import { RankFailedError } from '../../mpi/mpi-errors.ts';
import type { Collective } from '../collective/collective.ts';

/**
 * @param groups - of which this worker has clips
 * @throws EngineError `out-of-memory` when it was this worker that ran out: the others are waiting for it to try again.
 * @throws ExchangesTornError when statistics were missed; what else the run throws, and RankFailedError when another worker's threw that; the workers have to end then.
 */
export async function runTogether<Result>(
  collective: Pick<Collective, 'exchange' | 'sum'>,
  memory: ExchangeMemory,
  groups: readonly ExchangedGroup[],
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    const [ended] = await Promise.allSettled([collective.exchange(memory, groups, run)]);
    const isShort = ended.status === 'rejected' && isOutOfMemory(ended.reason);
    if (ended.status === 'rejected' && !isShort && !(ended.reason instanceof RankFailedError)) {
      throw ended.reason;
    }
    const short = Float64Array.of(Number(isShort));
    await collective.sum(short);
    if (ended.status === 'rejected' && (isShort || short[0] === 0)) {
      throw ended.reason;
    }
    if (ended.status === 'fulfilled' && short[0] === 0) {
      memory.requireAllTaken();
      return ended.value;
    }
  }
}
