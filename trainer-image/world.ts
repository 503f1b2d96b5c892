/**
 * Where this trainer runs and who it is there, read from environment variables: in a pod that the operator made, or as a
 * child of `multigrid run`. Pure; called by main.ts.
 */

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
    outputDir: required(env, 'MULTIGRID_OUTPUT'),
    dataDir: required(env, 'MULTIGRID_DATA_ROOT'),
    worldSize: whole(env, 'MULTIGRID_WORLD_SIZE', { least: 1, otherwise: 1 }),
    metricsPort: isSet(env, 'MULTIGRID_METRICS_PORT')
      ? whole(env, 'MULTIGRID_METRICS_PORT', { least: 0 })
      : null,
  };
  if (!isSet(env, 'MULTIGRID_JOB_NAMESPACE')) {
    return { kind: 'local', jobFile: required(env, 'MULTIGRID_JOB_FILE'), ...common };
  }
  const rank = whole(env, 'MULTIGRID_RANK', { least: 0 });
  if (rank >= common.worldSize) {
    throw new EnvironmentError(
      `MULTIGRID_RANK is ${rank}, but there are ${common.worldSize} workers (from 0)`,
    );
  }
  return {
    kind: 'cluster',
    namespace: required(env, 'MULTIGRID_JOB_NAMESPACE'),
    jobName: required(env, 'MULTIGRID_JOB_NAME'),
    podName: required(env, 'MULTIGRID_POD_NAME'),
    podUid: isSet(env, 'MULTIGRID_POD_UID') ? env['MULTIGRID_POD_UID'] : undefined,
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
