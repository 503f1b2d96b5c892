/**
 * The project's own images for test clusters: the real Dockerfiles on images made here. Out come archives that startCluster
 * takes; built once, kept by a hash of the sources.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MPICH_FOLDER } from '../../../trainer-image/mpi/find-mpich.ts';
import { buildImage } from '../../cluster/cluster.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export const TRAINER_IMAGE = 'localhost/multigrid-trainer:test';
export const OPERATOR_IMAGE = 'localhost/multigrid-operator:test';

/** @returns the tar file of TRAINER_IMAGE */
export function buildTrainerImage(): Promise<string> {
  return buildImage({
    dockerfile: join(ROOT, 'trainer-image', 'Dockerfile'),
    context: ROOT,
    name: TRAINER_IMAGE,
    // The base made here has no Python to fetch wheels with: MPICH comes from where it is installed for tests.
    buildArgs: { MPI: '0' },
    addition: existsSync(MPICH_FOLDER)
      ? { folder: MPICH_FOLDER, target: `/app/node_modules/${basename(MPICH_FOLDER)}` }
      : undefined,
  });
}

/** @returns the tar file of OPERATOR_IMAGE */
export function buildOperatorImage(): Promise<string> {
  return buildImage({
    dockerfile: join(ROOT, 'operator', 'Dockerfile'),
    context: ROOT,
    name: OPERATOR_IMAGE,
  });
}
