/**
 * Where this trainer runs and who it is there, read from environment variables: in a pod that the operator made, or as a
 * child of `multigrid run`. Pure.
 */
import { TRAINER_ENV } from '../multigrid/contract/environment.ts';

/** A worker of a job in a cluster. */
export interface ClusterWorld {
  readonly kind: 'cluster';
  readonly namespace: string;
  readonly jobName: string;
  /** Name of this pod, never given to another one. */
  readonly podName: string;
  /** Uid of this pod; undefined where an operator of an earlier version made it. */
  readonly podUid: string | undefined;
  readonly rank: number;
}

/** The one worker of a job in a run folder. */
export interface LocalWorld {
  readonly kind: 'local';
  readonly jobFile: string;
}

export type World = (ClusterWorld | LocalWorld) & {
  readonly worldSize: number;
  readonly outputDir: string;
  readonly dataDir: string;
  /** Cores to use, in place of those that the machine shows; null: those. */
  readonly cores: number | null;
  /** Port of /metrics and /healthz; null: none. */
  readonly metricsPort: number | null;
};

/** The environment is not that of a trainer. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/** As of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws EnvironmentError when a variable is missing or is not what it should be. */
export function worldOf(env: Environment): World {
  const common = {
    outputDir: required(env, TRAINER_ENV.output),
    dataDir: required(env, TRAINER_ENV.dataRoot),
    worldSize: whole(env, TRAINER_ENV.worldSize, { least: 1, otherwise: 1 }),
    cores: isSet(env, TRAINER_ENV.cores) ? whole(env, TRAINER_ENV.cores, { least: 1 }) : null,
    metricsPort: isSet(env, TRAINER_ENV.metricsPort)
      ? whole(env, TRAINER_ENV.metricsPort, { least: 0 })
      : null,
  };
  if (!isSet(env, TRAINER_ENV.jobNamespace)) {
    return { kind: 'local', jobFile: required(env, TRAINER_ENV.jobFile), ...common };
  }
  const rank = whole(env, TRAINER_ENV.rank, { least: 0 });
  if (rank >= common.worldSize) {
    throw new EnvironmentError(
      `${TRAINER_ENV.rank} is ${rank}, but there are ${common.worldSize} workers (from 0)`,
    );
  }
  return {
    kind: 'cluster',
    namespace: required(env, TRAINER_ENV.jobNamespace),
    jobName: required(env, TRAINER_ENV.jobName),
    podName: required(env, TRAINER_ENV.podName),
    podUid: isSet(env, TRAINER_ENV.podUid) ? env[TRAINER_ENV.podUid] : undefined,
    rank,
    ...common,
  };
}

function isSet(env: Environment, name: string): boolean {
  return env[name] !== undefined && env[name] !== '';
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new EnvironmentError(
      `the environment variable ${name} is not set; the operator or \`multigrid run\` sets it`,
    );
  }
  return value;
}

function whole(
  env: Environment,
  name: string,
  { least, otherwise }: { readonly least: number; readonly otherwise?: number },
): number {
  if (otherwise !== undefined && !isSet(env, name)) {
    return otherwise;
  }
  const text = required(env, name);
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least) {
    throw new EnvironmentError(
      `the environment variable ${name} must be a whole number from ${least}, not ${text}`,
    );
  }
  return value;
}
