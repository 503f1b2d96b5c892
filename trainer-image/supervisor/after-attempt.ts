/**
 * What follows the end of an attempt. In: how the ranks ended, and whether training had got on. Out: the job is done, the ranks are
 * started again where they are, or this pod ends and the operator has its say. Pure.
 */
import { EXIT, isOwnFailure, STOPPED } from '../../multigrid/contract/exit-codes.ts';
import { endOfRanks } from '../mpi/end-of-ranks.ts';
import type { RanksEnd } from '../mpi/start-ranks.ts';

export type AttemptEnd =
  | { readonly kind: 'ended'; readonly end: RanksEnd }
  /** Its ranks were taken down: a worker was lost, or could not start its ranks. */
  | { readonly kind: 'cut'; readonly why: string };

export interface Circumstances {
  /** This worker, and so the job, has been told to stop. */
  readonly isStopping: boolean;
  /** Another worker was told to go, and all saved what they had. */
  readonly isWorkerLeaving: boolean;
  /** There is a checkpoint that was not there when ranks were last started again in this pod, or they never were. */
  readonly hasGotOn: boolean;
}

export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly why: string }
  /** With this exit code. */
  | { readonly kind: 'end'; readonly code: number; readonly why: string };

export function afterAttempt(attempt: AttemptEnd, circumstances: Circumstances): Verdict {
  const { isStopping, isWorkerLeaving, hasGotOn } = circumstances;
  const { code, why } = endInWords(attempt);
  if (code === 0) {
    return { kind: 'done' };
  }
  // What ranks themselves give as a reason to end for good holds whatever else was going on.
  const isTheirs = isOwnFailure(code) && code !== EXIT.tryAgain;
  if (isTheirs) {
    return { kind: 'end', code, why };
  }
  if (isStopping) {
    return { kind: 'end', code: STOPPED, why };
  }
  return isWorkerLeaving || hasGotOn
    ? { kind: 'again', why }
    : { kind: 'end', code, why: `${why}, again before there was a new checkpoint` };
}

/** An end that nobody knows the reason of may have passed. */
function endInWords(attempt: AttemptEnd): { readonly code: number; readonly why: string } {
  if (attempt.kind === 'cut') {
    return { code: EXIT.tryAgain, why: attempt.why };
  }
  const end = endOfRanks(attempt.end);
  if (end.kind === 'done') {
    return { code: 0, why: 'all ranks came to their end' };
  }
  return { code: end.kind === 'unknown' ? EXIT.tryAgain : end.code, why: end.why };
}
