/**
 * Why a worker fails, on its way to the first one, which alone speaks to the operator. In: a failure and a rank. Out: a text; and
 * from that, the error that the first worker ends with. Pure.
 */
import { numberAt, parsedJson, textAt, valueAt } from '../../../multigrid/json/fields.ts';
import { OtherWorkerFailedError } from '../errors.ts';
import { type FailureExit, failureOf } from './failure-of.ts';

/** Longer messages are cut: they must fit into one small message between workers. */
const MESSAGE_LENGTH = 2000;

export function lastWordsOf({ message, ...failure }: FailureExit, rank: number): string {
  const told = message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH)}…` : message;
  return JSON.stringify({ ...failure, rank, message: told });
}

export function errorFrom(lastWords: string): OtherWorkerFailedError {
  const said = parsedJson(lastWords);
  const { reason, exitCode } = failureOf(null);
  return new OtherWorkerFailedError({
    reason: textAt(said, 'reason') ?? reason,
    message: `rank ${numberAt(said, 'rank') ?? '?'}: ${textAt(said, 'message') ?? lastWords}`,
    retryable: valueAt(said, 'retryable') !== false,
    exitCode: numberAt(said, 'exitCode') ?? exitCode,
  });
}
