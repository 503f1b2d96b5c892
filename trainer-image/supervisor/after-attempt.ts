/**
 * What follows the end of an attempt. In: how the ranks ended, and whether training had got on. Out: the job is done, the ranks are
 * started again where they are, or this pod ends and the operator has its say. Pure.
 */
import { codeOfSignal, EXIT, isOwnFailure, STOPPED } from '../../multigrid/contract/exit-codes.ts';
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

function endInWords(attempt: AttemptEnd): { readonly code: number; readonly why: string } {
  if (attempt.kind === 'cut') {
    return { code: EXIT.tryAgain, why: attempt.why };
  }
  const { code, ranks } = attempt.end;
  if (code === 0) {
    return { code, why: 'all ranks came to their end' };
  }
  const ends = ranks.map((end, rank) => ({ ...end, rank }));
  const failed = ends.find((end) => 'code' in end && isOwnFailure(end.code));
  if (failed !== undefined && 'code' in failed) {
    return { code: failed.code, why: `rank ${failed.rank} ended with exit code ${failed.code}` };
  }
  const killed = ends.find((end) => end.kind === 'killed');
  if (killed !== undefined) {
    return {
      code: codeOfSignal(killed.signal),
      why: `rank ${killed.rank} was killed by signal ${killed.signal}`,
    };
  }
  const stopped = ends.find((end) => 'code' in end && end.code !== 0);
  if (stopped !== undefined && 'code' in stopped) {
    return { code: stopped.code, why: `rank ${stopped.rank} ended with exit code ${stopped.code}` };
  }
  return { code: EXIT.tryAgain, why: `the ranks are gone (their launcher ended with ${code ?? 'a signal'})` };
}
