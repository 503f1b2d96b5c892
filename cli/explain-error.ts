/**
 * An error as a person should see it: what is wrong and what to do, without a stack unless it was asked for. In comes
 * anything that was thrown, out comes a text and an exit code (sysexits). Pure.
 */
import { ApiError, ApiUnreachableError, NoClusterError } from '../kube/api-errors.ts';
import { LockLostError, LockTimeoutError } from '../job-store/lock-errors.ts';
import { EXIT } from '../multigrid/contract/exit-codes.ts';
import { JobFileError } from '../multigrid/object/object-errors.ts';
import { FileWriteError } from '../storage/whole-file.ts';
import { VideoListError } from '../trainer-image/data/video-list.ts';
import { OnnxFileError, OnnxUnsupportedError } from '../trainer-image/models/onnx/errors.ts';
import { MetricsLogError } from '../trainer-image/run-folder/metrics-reader.ts';
import { NetworkFileError } from '../trainer-image/run-folder/network-file.ts';
import { PretrainedFileError } from '../trainer-image/run-folder/pretrained-file.ts';
import { ResultFileError } from '../trainer-image/run-folder/result-file.ts';
import { RunFolderError } from '../trainer-image/run-folder/run-folder.ts';
import { CheckpointReadError } from '../trainer-image/train/checkpoints/checkpoint-store.ts';
import { WeightsFileError, WeightsMismatchError } from '../trainer-image/weights/weights-error.ts';
import { apiErrorInWords, ClusterError } from './cluster/cluster-errors.ts';
import { DatasetWorkerError } from './dataset/moving-digits/worker-pool.ts';
import { RunRefusedError } from './run/run-errors.ts';

export interface Explanation {
  readonly text: string;
  readonly exitCode: number;
}

/** What is wrong is known to these errors, and their messages say it. */
const KNOWN: readonly {
  readonly type: abstract new (...args: never[]) => Error;
  readonly exitCode: number;
}[] = [
  { type: VideoListError, exitCode: EXIT.data },
  { type: DatasetWorkerError, exitCode: EXIT.cannotCreate },
  { type: FileWriteError, exitCode: EXIT.ioError },
  { type: JobFileError, exitCode: EXIT.noInput },
  { type: RunFolderError, exitCode: EXIT.noInput },
  { type: MetricsLogError, exitCode: EXIT.data },
  { type: ResultFileError, exitCode: EXIT.data },
  { type: WeightsFileError, exitCode: EXIT.data },
  { type: WeightsMismatchError, exitCode: EXIT.data },
  { type: PretrainedFileError, exitCode: EXIT.data },
  { type: NetworkFileError, exitCode: EXIT.data },
  { type: OnnxFileError, exitCode: EXIT.data },
  { type: OnnxUnsupportedError, exitCode: EXIT.data },
  { type: CheckpointReadError, exitCode: EXIT.data },
  { type: LockTimeoutError, exitCode: EXIT.tryAgain },
  { type: LockLostError, exitCode: EXIT.tryAgain },
  { type: NoClusterError, exitCode: EXIT.noInput },
  // No kubeconfig, no CRD, no such job, no log.
  { type: ClusterError, exitCode: EXIT.noInput },
];

/** Unauthorized, forbidden. */
const DENIED = [401, 403];

/** @param isVerbose - adds the stack of the error and of what caused it */
export function explainError(error: unknown, isVerbose: boolean): Explanation {
  const { text, exitCode } = explain(error);
  return { text: isVerbose ? `${text}\n${stacksOf(error).join('\n')}` : text, exitCode };
}

function explain(error: unknown): Explanation {
  if (!Error.isError(error)) {
    return { text: `internal error: ${String(error)}`, exitCode: EXIT.internal };
  }
  const { message } = error;
  if (error instanceof RunRefusedError) {
    return { text: message, exitCode: error.exitCode };
  }
  const known = KNOWN.find(({ type }) => error instanceof type);
  if (known !== undefined) {
    return { text: message, exitCode: known.exitCode };
  }
  if (error instanceof ApiError || error instanceof ApiUnreachableError) {
    const isDenied = error instanceof ApiError && DENIED.includes(error.status);
    return { text: apiErrorInWords(error), exitCode: isDenied ? EXIT.noPermission : EXIT.unavailable };
  }
  if ('syscall' in error) {
    return { text: message, exitCode: EXIT.ioError };
  }
  const hint = 'please report this, with what --verbose adds';
  return { text: `internal error: ${error.name}: ${message} (${hint})`, exitCode: EXIT.internal };
}

function stacksOf(error: unknown): readonly string[] {
  if (!Error.isError(error)) {
    return [];
  }
  return [error.stack ?? '', ...stacksOf(error.cause).map((stack) => `caused by ${stack}`)];
}
