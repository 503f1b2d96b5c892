/**
 * Whether several workers can be started on this machine, before anything is. In: how many, and where MPICH is, if not where it is
 * installed. Out: nothing, or a refusal that says how to get it.
 */
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { findMpich } from '../../trainer-image/mpi/find-mpich.ts';
import { MpiMissingError } from '../../trainer-image/mpi/mpi-errors.ts';
import { RunRefusedError } from './run-errors.ts';

/** Several workers, and no MPI to add up what they have. */
export class LauncherMissingError extends RunRefusedError {
  override readonly name = 'LauncherMissingError';
  constructor(workers: number, cause: MpiMissingError) {
    super(
      `${workers} workers cannot train together: ${cause.message}; or train with --workers 1`,
      EXIT.unavailable,
      {
        cause,
      },
    );
  }
}

/** @throws LauncherMissingError */
export function requireLauncher(workers: number, mpichFolder: string | undefined): void {
  if (workers === 1) {
    return;
  }
  try {
    findMpich(mpichFolder);
  } catch (error) {
    throw error instanceof MpiMissingError ? new LauncherMissingError(workers, error) : error;
  }
}
