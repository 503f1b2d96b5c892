/**
 * Whose end the end of all ranks was. In: how each of them ended, and the launcher's exit code. Out: what the rank that came first
 * gave as its reason or was ended by, as far as it can be told, as an exit code and in words. Pure.
 */
import { constants } from 'node:os';
import { codeOfSignal, EXIT, isOwnFailure } from '../../multigrid/contract/exit-codes.ts';
import type { RankEnd } from './rank-ends.ts';
import type { RanksEnd } from './start-ranks.ts';

export type EndOfRanks =
  | { readonly kind: 'done' }
  /** A rank ended itself and so the others, with this code; it has said why. */
  | { readonly kind: 'said'; readonly code: number; readonly why: string }
  /** From outside; with the exit code of a program that ends so. */
  | { readonly kind: 'killed'; readonly code: number; readonly why: string }
  /** Null: the launcher was killed. */
  | { readonly kind: 'unknown'; readonly code: number | null; readonly why: string };

const OWN_CODES: readonly (number | null)[] = Object.values(EXIT);

export function endOfRanks({ code, ranks }: RanksEnd): EndOfRanks {
  if (code === 0) {
    return { kind: 'done' };
  }
  const failed = saidBy(ranks, isOwnFailure);
  if (failed !== null) {
    return failed;
  }
  // When one is killed, the launcher kills the others: another signal than that one is the first one's.
  const killed = ranks.flatMap((end) => (end.kind === 'killed' ? [end.signal] : []));
  const first = killed.find((signal) => signal !== constants.signals.SIGKILL) ?? killed[0];
  const isAbort = code !== null && OWN_CODES.includes(code) && !killed.includes(code);
  if (isAbort) {
    return { kind: 'said', code, why: `a rank, whose last line was lost, ended with exit code ${code}` };
  }
  if (first !== undefined) {
    const why = `a worker was lost, and all of them end with it: ${signalsInWords(ranks)}`;
    return { kind: 'killed', code: codeOfSignal(first), why };
  }
  const why = `the ranks are gone (their launcher ended with ${code ?? 'a signal'})`;
  return saidBy(ranks, (own) => own !== 0) ?? { kind: 'unknown', code, why };
}

/** The first rank that ended all, or itself, with such a code. */
function saidBy(ranks: readonly RankEnd[], isMeant: (code: number) => boolean): EndOfRanks | null {
  for (const [rank, end] of ranks.entries()) {
    if ('code' in end && isMeant(end.code)) {
      return { kind: 'said', code: end.code, why: `rank ${rank} ended with exit code ${end.code}` };
    }
  }
  return null;
}

function signalsInWords(ranks: readonly RankEnd[]): string {
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
