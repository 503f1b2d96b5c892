/**
 * Which collective a trainer has, by what surrounds it: alone, or one of the ranks that MPI's launcher started. In: environment
 * variables. Out: an open `Collective`.
 */
import trainer from '../../../package.json' with { type: 'json' };
import { TRAINER_ENV } from '../../../multigrid/contract/environment.ts';
import { COLLECTIVE } from '../../../multigrid/contract/timings.ts';
import { Communicator } from '../../mpi/communicator.ts';
import { findMpich } from '../../mpi/find-mpich.ts';
import { launchedRanks } from '../../mpi/launched.ts';
import type { Collective } from './collective.ts';
import { MpiCollective } from './mpi.ts';
import { requireSame } from './require-same.ts';
import { SOLO } from './solo.ts';

/**
 * @throws MpiMissingError, which says how to get MPI; RanksSilentError when a rank does not start; WorkersDifferError when one of
 * them is of another version.
 */
export async function openCollective(env: Readonly<Record<string, string | undefined>>): Promise<Collective> {
  const size = launchedRanks(env);
  if (size === null || size === 1) {
    return SOLO;
  }
  const { library } = findMpich(env[TRAINER_ENV.mpich]);
  const communicator = await Communicator.open({ library, size, ...COLLECTIVE });
  const collective = new MpiCollective(communicator);
  const { version } = communicator;
  await requireSame(collective, { 'version of MPI': version, 'version of the trainer': trainer.version });
  return collective;
}
