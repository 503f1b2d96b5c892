/**
 * An error as a person should see it: what is wrong and what to do, without a stack unless it was asked for. In comes
 * anything that was thrown, out comes a text and an exit code (sysexits). Pure; called by program.ts.
 */
import { JobFileError, LockTimeoutError } from '../multigrid/object/object-errors.ts';
import { VideoListError } from '../trainer-image/data/video-list.ts';
import { OnnxFileError, OnnxUnsupportedError } from '../trainer-image/models/onnx/errors.ts';
import { MetricsLogError } from '../trainer-image/report/metrics-reader.ts';
import { NetworkFileError } from '../trainer-image/report/network-file.ts';
import { PretrainedFileError } from '../trainer-image/report/pretrained-file.ts';
import { ResultFileError } from '../trainer-image/report/result-file.ts';
import { RunFolderError } from '../trainer-image/report/run-folder.ts';
import { CheckpointReadError } from '../trainer-image/train/checkpoints/checkpoint-store.ts';
import { WeightsFileError, WeightsMismatchError } from '../trainer-image/weights/weights-error.ts';
import {
  ApiRefusedError,
  ApiUnreachableError,
  ClusterError,
  ForbiddenError,
  UnauthorizedError,
} from './cluster/cluster-errors.ts';
import { RunRefusedError } from './run/run-errors.ts';

export interface Explanation {
  readonly text: string;
  readonly exitCode: number;
}

const EX_DATAERR = 65;
const EX_NOINPUT = 66;
const EX_UNAVAILABLE = 69;
const EX_SOFTWARE = 70;
const EX_IOERR = 74;
const EX_TEMPFAIL = 75;
const EX_NOPERM = 77;

/** What is wrong is known to these errors, and their messages say it. */
const KNOWN: readonly {
  readonly type: abstract new (...args: never[]) => Error;
  readonly exitCode: number;
}[] = [
  { type: VideoListError, exitCode: EX_DATAERR },
  { type: JobFileError, exitCode: EX_NOINPUT },
  { type: RunFolderError, exitCode: EX_NOINPUT },
  { type: MetricsLogError, exitCode: EX_DATAERR },
  { type: ResultFileError, exitCode: EX_DATAERR },
  { type: WeightsFileError, exitCode: EX_DATAERR },
  { type: WeightsMismatchError, exitCode: EX_DATAERR },
  { type: PretrainedFileError, exitCode: EX_DATAERR },
  { type: NetworkFileError, exitCode: EX_DATAERR },
  { type: OnnxFileError, exitCode: EX_DATAERR },
  { type: OnnxUnsupportedError, exitCode: EX_DATAERR },
  { type: CheckpointReadError, exitCode: EX_DATAERR },
  { type: LockTimeoutError, exitCode: EX_TEMPFAIL },
  { type: ApiUnreachableError, exitCode: EX_UNAVAILABLE },
  { type: ForbiddenError, exitCode: EX_NOPERM },
  { type: UnauthorizedError, exitCode: EX_NOPERM },
  { type: ApiRefusedError, exitCode: EX_UNAVAILABLE },
  // No kubeconfig, no CRD, no such job, no log.
  { type: ClusterError, exitCode: EX_NOINPUT },
];

/** @param isVerbose - adds the stack of the error and of what caused it */
export function explainError(error: unknown, isVerbose: boolean): Explanation {
  const { text, exitCode } = explain(error);
  return { text: isVerbose ? `${text}\n${stacksOf(error).join('\n')}` : text, exitCode };
}

function explain(error: unknown): Explanation {
  if (!Error.isError(error)) {
    return { text: `internal error: ${String(error)}`, exitCode: EX_SOFTWARE };
  }
  const { message } = error;
  if (error instanceof RunRefusedError) {
    return { text: message, exitCode: error.exitCode };
  }
  const known = KNOWN.find(({ type }) => error instanceof type);
  if (known !== undefined) {
    return { text: message, exitCode: known.exitCode };
  }
  if ('syscall' in error) {
    return { text: message, exitCode: EX_IOERR };
  }
  const hint = 'please report this, with what --verbose adds';
  return { text: `internal error: ${error.name}: ${message} (${hint})`, exitCode: EX_SOFTWARE };
}

function stacksOf(error: unknown): readonly string[] {
  if (!Error.isError(error)) {
    return [];
  }
  return [error.stack ?? '', ...stacksOf(error.cause).map((stack) => `caused by ${stack}`)];
}
