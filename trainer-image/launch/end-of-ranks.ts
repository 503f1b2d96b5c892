/**
 * One end for a job of several ranks, as if it had been one process. In: how each of them ended, and the launcher's exit code. Out:
 * an exit code, and for the log a sentence about ranks that did not end by themselves. Pure.
 */
import { constants } from 'node:os';
import { codeOfSignal, EXIT } from '../../multigrid/contract/exit-codes.ts';
import type { RankEnd } from '../mpi/rank-ends.ts';
import type { RanksEnd } from '../mpi/start-ranks.ts';

export interface EndOfRanks {
  readonly exitCode: number;
  /** Null: there is nothing that the ranks have not said themselves. */
  readonly sentence: string | null;
}

export function endOfRanks({ code, ranks }: RanksEnd): EndOfRanks {
  if (code === 0) {
    return { exitCode: 0, sentence: null };
  }
  const said = ranks.map(codeSaidBy).find((own) => own !== null);
  if (said !== undefined) {
    return { exitCode: said, sentence: null };
  }
  // When one is killed, the launcher kills the others: another signal than that one is the first one's.
  const killed = ranks.flatMap((end) => (end.kind === 'killed' ? [end.signal] : []));
  const first = killed.find((signal) => signal !== constants.signals.SIGKILL) ?? killed[0];
  if (first === undefined || (code !== null && !killed.includes(code))) {
    // Of a rank that aborted, whose last line was lost.
    return { exitCode: code ?? EXIT.internal, sentence: null };
  }
  return {
    exitCode: codeOfSignal(first),
    sentence: `a worker was lost, and all of them end with it: ${inWords(ranks)}`,
  };
}

/** The code with which a rank ended all, or itself. */
function codeSaidBy(end: RankEnd): number | null {
  const isOwn = end.kind === 'aborted' || (end.kind === 'exited' && end.code !== 0);
  return isOwn ? end.code : null;
}

function inWords(ranks: readonly RankEnd[]): string {
  const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
  const words = ranks.flatMap((end, rank) => {
    if (end.kind !== 'killed') {
      return [];
    }
    const signal = signals.get(end.signal) ?? `signal ${end.signal}`;
    const hint = signal === 'SIGKILL' ? ' (by the system when memory runs out, among others)' : '';
    return [`rank ${rank} by ${signal}${hint}`];
  });
  return words.join(', ');
}
