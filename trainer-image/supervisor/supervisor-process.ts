/**
 * What the first process of a worker's pod does where a job has several trainer processes: it starts them together with those of
 * the other workers, and ends when they are over. In come the environment and the wish to stop, out comes the pod's exit code.
 */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageManifest from '../../package.json' with { type: 'json' };
import { CHECKPOINT_FOLDER, newestManifest } from '../../multigrid/contract/checkpoint-names.ts';
import { TRAINER_ENV } from '../../multigrid/contract/environment.ts';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import {
  SUPERVISOR_PORT,
  WORKERS_TOKEN_FOLDER,
  WORKERS_TOKEN_KEY,
  workerHost,
} from '../../multigrid/contract/trainer-pod.ts';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { createLogger } from '../console-logger.ts';
import { findMpich, type Mpich } from '../mpi/find-mpich.ts';
import { launchedRanks } from '../mpi/launched.ts';
import { MpiMissingError } from '../mpi/mpi-errors.ts';
import { attributed, environmentOfRanks } from '../mpi/start-ranks.ts';
import { type Environment, EnvironmentError, type World, worldOf } from '../world.ts';
import type { Logger } from '../train/logger.ts';
import { follow } from './follower.ts';
import { lead } from './leader.ts';
import { RankHost } from './rank-host.ts';

/** One that was started by MPI's launcher is a rank. */
const TRAINER = fileURLToPath(new URL('../main.ts', import.meta.url));

type WorkerWorld = Extract<World, { readonly kind: 'cluster' }>;

/** Whether this process is to start others that train, rather than train itself. */
export function isSupervisor(env: Environment): boolean {
  const numberIn = (name: string): number => Number(env[name] ?? 1);
  return (
    env[TRAINER_ENV.jobNamespace] !== undefined &&
    launchedRanks(env) === null &&
    numberIn(TRAINER_ENV.worldSize) * numberIn(TRAINER_ENV.processesPerWorker) > 1
  );
}

/** @param stop - aborts when this worker is to save what it has and go */
export async function supervisorProcess(env: Environment, stop: AbortSignal): Promise<number> {
  const logger = createLogger();
  try {
    const world = worldOf(env);
    if (world.kind !== 'cluster') {
      throw new EnvironmentError(
        `${TRAINER_ENV.jobNamespace} is empty: supervisors are for workers in a cluster`,
      );
    }
    return await supervise(env, world, logger, stop);
  } catch (error) {
    logger.warn('this worker cannot take part in the training', { why: messageOf(error) });
    return error instanceof EnvironmentError || error instanceof MpiMissingError ? EXIT.usage : EXIT.internal;
  }
}

async function supervise(
  env: Environment,
  world: WorkerWorld,
  logger: Logger,
  stop: AbortSignal,
): Promise<number> {
  const mpich = findMpich(env[TRAINER_ENV.mpich]);
  const parts = {
    version: packageManifest.version,
    token: tokenReader(env),
    host: hostOf(env, world, mpich, logger),
    logger,
  };
  if (world.rank > 0) {
    try {
      // On all addresses of the pod: a policy of the job's own says who may come.
      return await follow({ ...parts, worker: world.rank, place: { port: SUPERVISOR_PORT } }, stop);
    } catch (error) {
      const why = messageOf(error);
      logger.warn(`cannot listen on port ${SUPERVISOR_PORT}; no other container of the pod may use it`, {
        why,
      });
      return EXIT.unavailable;
    }
  }
  return lead(
    {
      ...parts,
      addresses: Array.from({ length: world.worldSize - 1 }, (_, index) => ({
        host: workerHost(world.jobName, index + 1),
        port: SUPERVISOR_PORT,
      })),
      command: {
        mpiexec: mpich.mpiexec,
        file: process.execPath,
        args: [TRAINER],
        ranksPerWorker: processesOf(env),
        env: environmentOfRanks({ PATH: env['PATH'], HOME: env['HOME'], TMPDIR: env['TMPDIR'] }),
      },
      onLine: (line) => {
        process[line.stream].write(`${attributed(line)}\n`);
      },
      newestCheckpoint: () => newestCheckpointIn(join(world.outputDir, CHECKPOINT_FOLDER)),
    },
    stop,
  );
}

function hostOf(env: Environment, world: WorkerWorld, mpich: Mpich, logger: Logger): RankHost {
  const ranks = world.worldSize * processesOf(env);
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new RankHost({
    proxy: mpich.proxy,
    env: { ...Object.fromEntries(entries), [TRAINER_ENV.worldSize]: String(ranks) },
    onLine: (text) => {
      logger.warn('the proxy of the ranks', { says: text });
    },
  });
}

function processesOf(env: Environment): number {
  return Number(env[TRAINER_ENV.processesPerWorker] ?? 1);
}

/** Read at each use: a Secret that has changed changes the file. */
function tokenReader(env: Environment): () => string {
  const file = join(env[TRAINER_ENV.workersToken] ?? WORKERS_TOKEN_FOLDER, WORKERS_TOKEN_KEY);
  const read = (): string => readFileSync(file, 'utf8');
  try {
    read();
  } catch (error) {
    throw new EnvironmentError(
      `the token by which workers know each other cannot be read (${messageOf(error)}): the operator mounts it for jobs with several workers`,
    );
  }
  return read;
}

async function newestCheckpointIn(folder: string): Promise<string | null> {
  try {
    return newestManifest(await readdir(folder));
  } catch {
    return null;
  }
}
