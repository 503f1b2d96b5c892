/**
 * From an error to what the operator and a person need: a typed reason, the message, whether a restart could help, and
 * the exit code. One table; pure.
 */
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import { EXIT } from '../../../multigrid/contract/exit-codes.ts';
import type { TrainerFailure } from '../../../multigrid/progress.ts';
import { OtherWorkerFailedError } from '../errors.ts';
import { systemErrorName, troubleOf } from '../../../storage/trouble.ts';

export interface FailureExit extends TrainerFailure {
  readonly exitCode: number;
}

interface Kind {
  readonly reason: string;
  readonly retryable: boolean;
  readonly exitCode: number;
}

const data = (reason: string): Kind => ({ reason, retryable: false, exitCode: EXIT.data });
const configuration = (reason: string): Kind => ({ reason, retryable: false, exitCode: EXIT.usage });

const WORKER_LOST: Kind = { reason: 'WorkerLost', retryable: true, exitCode: EXIT.tryAgain };

/** By the class name of the error, which survives realms and causes. */
const KINDS: Readonly<Record<string, Kind>> = {
  VideoListError: data('DataUnreadable'),
  ClassNamesError: data('DataUnreadable'),
  WeightsFileError: data('PretrainedWeightsUnreadable'),
  WeightsMismatchError: data('PretrainedWeightsDoNotFit'),
  BadDataError: data('TooManyBadVideos'),
  LossNotFiniteError: data('LossNotFinite'),
  GradientsNotFiniteError: data('GradientsNotFinite'),
  ParametersNotFiniteError: data('ParametersNotFinite'),
  DeviceUnavailableError: configuration('DeviceUnavailable'),
  NetworkSpecError: configuration('NetworkNotPossible'),
  NetworkShapeError: configuration('ShapeNotPossible'),
  OnnxFileError: data('NetworkFileUnreadable'),
  OnnxUnsupportedError: configuration('NetworkNotSupported'),
  GroupSizeError: configuration('GroupsDoNotDivideBatch'),
  InvalidJobError: configuration('ManifestInvalid'),
  OutputOfAnotherJobError: configuration('OutputOfAnotherJob'),
  ResumeMismatchError: configuration('CheckpointOfAnotherPlan'),
  CheckpointReadError: data('CheckpointsDamaged'),
  NotEnoughMemoryError: configuration('NotEnoughMemory'),
  WorkerAloneError: configuration('WorkerAlone'),
  GroupsSpanGpusError: configuration('GroupsSpanGpus'),
  DirectiveError: configuration('DirectiveUnfit'),
  SharingError: configuration('TooManyWorkers'),
  MpiMissingError: { reason: 'MpiMissing', retryable: false, exitCode: EXIT.unavailable },
  MpiCallError: WORKER_LOST,
  NcclCallError: WORKER_LOST,
  RanksSilentError: WORKER_LOST,
  RanksLeftError: WORKER_LOST,
  RanksDisagreeError: configuration('WorkersDisagree'),
  WorkersDifferError: configuration('WorkersDiffer'),
  EnvironmentError: configuration('EnvironmentInvalid'),
  OutputNotWritableError: { reason: 'OutputNotWritable', retryable: false, exitCode: EXIT.unavailable },
  LockTimeoutError: { reason: 'OutputInUse', retryable: true, exitCode: EXIT.tryAgain },
  LockLostError: { reason: 'OutputTakenOver', retryable: true, exitCode: EXIT.tryAgain },
  ProgressLostError: { reason: 'ProgressNotDelivered', retryable: true, exitCode: EXIT.tryAgain },
  CheckpointWriteError: { reason: 'CheckpointWriteFailed', retryable: false, exitCode: EXIT.unavailable },
  MetricsWriteError: { reason: 'MetricsWriteFailed', retryable: false, exitCode: EXIT.unavailable },
};

const refused = (reason: string): Kind => ({ reason, retryable: false, exitCode: EXIT.unavailable });
const UNAVAILABLE: Kind = { reason: 'StorageUnavailable', retryable: true, exitCode: EXIT.tryAgain };

/** By the name of what the system said of a disk, whatever was being read or written. */
const STORAGE_KINDS: Readonly<Record<string, Kind>> = {
  ENOSPC: refused('StorageFull'),
  EDQUOT: refused('StorageFull'),
  EROFS: refused('StorageReadOnly'),
  EACCES: refused('StorageRefused'),
  EPERM: refused('StorageRefused'),
};

const INTERNAL: Kind = { reason: 'TrainerCrashed', retryable: true, exitCode: EXIT.internal };

/** Every reason a trainer can give; docs/operator.md says of each what to do. */
export const FAILURE_REASONS: readonly string[] = [
  ...new Set(
    [...Object.values(KINDS), ...Object.values(STORAGE_KINDS), UNAVAILABLE, INTERNAL].map(
      ({ reason }) => reason,
    ),
  ),
];

/** How an error ends the trainer. An unknown one is a crash, which a restart from the checkpoint may cure. */
export function failureOf(error: unknown): FailureExit {
  if (error instanceof OtherWorkerFailedError) {
    return error.failure;
  }
  return { ...kindOf(error), message: messageOf(error) };
}

function kindOf(error: unknown): Kind {
  const named = Error.isError(error) ? KINDS[error.name] : undefined;
  if (named?.reason === 'OutputNotWritable') {
    return named;
  }
  if (troubleOf(error) === 'passing') {
    return UNAVAILABLE;
  }
  return STORAGE_KINDS[systemErrorName(error) ?? ''] ?? named ?? INTERNAL;
}
