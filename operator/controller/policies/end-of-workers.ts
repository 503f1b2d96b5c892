/**
 * What the end of the workers means. In comes how they ended and what the trainer last said; out comes one verdict:
 * trained to the end, ended by something else, or failed, and whether another try can help.
 */
import { isPermanent, STOP_CODES } from '../../../multigrid/contract/exit-codes.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import type { Workers } from '../../platform/platform.ts';
import { REASONS } from '../../status/reasons.ts';

export type EndVerdict =
  | { readonly kind: 'complete' }
  | {
      readonly kind: 'disrupted';
      /** False: somebody asked the trainer to end, and the cluster knows nothing of it. */
      readonly isByCluster: boolean;
      readonly reason: string;
      readonly message: string;
    }
  | {
      readonly kind: 'failed';
      readonly isRetryable: boolean;
      readonly reason: string;
      readonly message: string;
    };

export type EndedWorkers = Extract<Workers, { readonly state: 'ended' }>;

const SIGNALS: Readonly<Record<number, string>> = {
  129: 'SIGHUP',
  130: 'SIGINT',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  143: 'SIGTERM',
};
const TERMINATIONS: ReadonlySet<number> = new Set(Object.values(STOP_CODES));
const OUT_OF_MEMORY_HINT =
  'most often the system was out of memory: lower workers.microBatch or loader.cacheMiB';

/** @param progress - of these workers; null when they never reported. */
export function judgeEnd(ended: EndedWorkers, progress: Progress | null): EndVerdict {
  // A crash while native libraries unload takes nothing away from a training that is finished and stored.
  if (progress?.state === 'Finished') {
    return { kind: 'complete' };
  }
  const { exitCode, cause } = ended;
  if (cause?.kind === 'disruption') {
    return { kind: 'disrupted', isByCluster: true, reason: cause.reason, message: cause.message };
  }
  if (progress?.failure) {
    const { reason, message, retryable } = progress.failure;
    return { kind: 'failed', isRetryable: retryable, reason, message };
  }
  if (cause !== null) {
    return { kind: 'failed', isRetryable: true, reason: cause.reason, message: cause.message };
  }
  const how = endInWords(exitCode);
  if (TERMINATIONS.has(exitCode)) {
    return { kind: 'disrupted', isByCluster: false, reason: REASONS.disrupted, message: how };
  }
  return {
    kind: 'failed',
    isRetryable: !isPermanent(exitCode),
    reason: REASONS.trainerFailed,
    message: how,
  };
}

function endInWords(exitCode: number): string {
  const signal = SIGNALS[exitCode];
  if (signal !== undefined) {
    const hint = signal === 'SIGKILL' ? ` (${OUT_OF_MEMORY_HINT})` : '';
    return `the trainer was terminated by ${signal}${hint}`;
  }
  return exitCode === 0
    ? 'the trainer exited without an error before training was finished'
    : `the trainer exited with code ${exitCode}`;
}
