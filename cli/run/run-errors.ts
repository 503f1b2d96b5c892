/**
 * Why a run is refused before anything is started. Each message says what is wrong, where, and what to do; the exit code
 * follows sysexits, so that scripts can tell a wrong manifest from a wrong folder.
 */
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { problemText } from '../plan/plan-text.ts';
import type { ManifestError } from '../../multigrid/api/manifest.ts';
import type { PlanProblem } from '../../multigrid/plan/types.ts';

/** Something about the request is wrong and stays wrong until a person changes it. */
export class RunRefusedError extends Error {
  override readonly name: string = 'RunRefusedError';
  /** Exit code of a command that ends with this error. */
  readonly exitCode: number;
  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** As `multigrid plan`: the manifest is legal, its plan must not be run. */
const PLAN_PROBLEMS = 2;

export class ManifestUnreadableError extends RunRefusedError {
  override readonly name = 'ManifestUnreadableError';
  constructor(path: string, cause: unknown) {
    const why = messageOf(cause);
    super(`${path}: the manifest cannot be read: ${why}`, EXIT.noInput, { cause });
  }
}

export class ManifestInvalidError extends RunRefusedError {
  override readonly name = 'ManifestInvalidError';
  constructor(path: string, errors: readonly ManifestError[]) {
    const lines = errors.map(({ path: field, message, line }) => `${path}:${line}: ${field}: ${message}`);
    super(lines.join('\n'), EXIT.usage);
  }
}

export class PlanRefusedError extends RunRefusedError {
  override readonly name = 'PlanRefusedError';
  constructor(path: string, problems: readonly PlanProblem[]) {
    const hint = `\`multigrid plan -f ${path}\` shows the phases`;
    super(`${path}:${problemText(problems)}${hint}`, PLAN_PROBLEMS);
  }
}

/** The user's own network cannot be trained under the plan. */
export class NetworkRefusedError extends RunRefusedError {
  override readonly name = 'NetworkRefusedError';
  constructor(path: string, problem: string) {
    super(`${path}: spec.model.onnx: ${problem}`, EXIT.data);
  }
}

export class FolderUnusableError extends RunRefusedError {
  override readonly name = 'FolderUnusableError';
  constructor(folder: string, cause: unknown) {
    const why = messageOf(cause);
    super(`${folder}: the run folder cannot be made: ${why}`, EXIT.cannotCreate, { cause });
  }
}

/** There is a run in the folder and nobody said to go on with it. */
export class RunExistsError extends RunRefusedError {
  override readonly name = 'RunExistsError';
  constructor(folder: string, name: string, how: string) {
    super(
      `${folder} holds a run already (${name}, ${how}); use --resume to continue it, or choose another --output`,
      EXIT.cannotCreate,
    );
  }
}

/** Checkpoints lie in the folder, and no job.yaml that says which run they are of. */
export class ForeignCheckpointsError extends RunRefusedError {
  override readonly name = 'ForeignCheckpointsError';
  /** @param owner - the job that they name; null: they name none */
  constructor(folder: string, owner: string | null) {
    const whose = owner === null ? 'that do not name their run' : `of job ${owner}`;
    super(
      `${folder} has checkpoints ${whose}, but no job.yaml; restore it and use --resume, or choose another --output`,
      EXIT.cannotCreate,
    );
  }
}

export class NothingToResumeError extends RunRefusedError {
  override readonly name = 'NothingToResumeError';
  constructor(folder: string) {
    super(`${folder} holds no run to resume; omit --resume to start one`, EXIT.noInput);
  }
}

/** The manifest is not the one the run was started with. */
export class RunMismatchError extends RunRefusedError {
  override readonly name = 'RunMismatchError';
  constructor(folder: string, difference: string) {
    super(
      `${folder} holds the run of another job: ${difference}; put that back, or start in another --output`,
      EXIT.usage,
    );
  }
}

/** The person stopped the run while a disk was still waited for: nothing was started and nothing has to be resumed. */
export class StoppedBeforeStartError extends Error {
  override readonly name = 'StoppedBeforeStartError';
  constructor() {
    super('stopped before the run began; nothing was started');
  }
}
