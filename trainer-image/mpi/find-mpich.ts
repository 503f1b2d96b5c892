/**
 * Where MPICH is: in a folder of its own beside npm's packages, or where a setting says. In: that setting. Out: the files that
 * are used of it. A machine without it trains with one worker.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { MpiMissingError } from './mpi-errors.ts';

export const MPICH_VERSION = '5.0.2';

/** The version is in the name, so that a newer one is never taken for this one. */
export const MPICH_FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', `.mpich-${MPICH_VERSION}`);

export interface Mpich {
  /** The library with the ABI of the MPI standard. */
  readonly library: string;
  /** Hydra's launcher. */
  readonly mpiexec: string;
  /** Hydra's proxy, by which the launcher starts ranks on a host. */
  readonly proxy: string;
  /** Folder of the C header. */
  readonly include: string;
}

/**
 * @param folder - of an MPICH with the standard's ABI, with `bin` and `lib` in it; the installed one when left out.
 * @throws MpiMissingError, which says how to get it.
 */
export function findMpich(folder: string = MPICH_FOLDER): Mpich {
  const mpich = {
    library: join(folder, 'lib', 'libmpi_abi.so.1'),
    mpiexec: join(folder, 'bin', 'mpiexec.hydra'),
    proxy: join(folder, 'bin', 'hydra_pmi_proxy'),
    include: join(folder, 'include'),
  };
  const missing = [mpich.library, mpich.mpiexec, mpich.proxy].find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new MpiMissingError(
      platform === 'linux'
        ? `MPICH is not installed, ${missing} is missing: run \`npm run install:mpi\`, or take the image of the trainer`
        : `several workers need Linux, where there is an MPICH; this is ${platform}/${arch}`,
    );
  }
  return mpich;
}
