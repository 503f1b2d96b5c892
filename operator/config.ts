/**
 * The operator's settings: flags, else the environment, else defaults. In come both as text, out come settings with
 * units, or one error that lists everything wrong. Read once by main.ts; nothing else of the operator sees either.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../multigrid/errors/message-of.ts';
import { LEVELS, type Level } from './logging/logger.ts';

export interface OperatorConfig {
  /** Null: $KUBECONFIG, the home folder, or the pod's service account. */
  readonly kubeconfig: string | null;
  /** Null: all. */
  readonly namespaces: readonly string[] | null;
  /** Whether to follow the leases of nodes. */
  readonly hasNodeLeases: boolean;
  readonly trainerImage: string;
  /** Null: a single replica without election. */
  readonly lease: LeaseConfig | null;
  /** Jobs that are looked at at the same time. */
  readonly concurrency: number;
  readonly logLevel: Level;
  /** 0: any free port. */
  readonly metricsPort: number;
  readonly healthPort: number;
  /** This replica's name, as others see it; null: made from the host's name. */
  readonly identity: string | null;
}

interface LeaseConfig {
  /** Null: the namespace that the operator runs in. */
  readonly namespace: string | null;
  readonly name: string;
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

/** The command line or the environment makes no sense. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Setting {
  readonly flag: string;
  readonly variable: string;
  readonly fallback: string;
  readonly help: string;
}

const SETTINGS = {
  kubeconfig: setting(
    'kubeconfig',
    'MULTIGRID_KUBECONFIG',
    '',
    'kubeconfig file; else $KUBECONFIG or the service account',
  ),
  namespaces: setting(
    'namespaces',
    'MULTIGRID_WATCH_NAMESPACES',
    '',
    'namespaces to watch, comma-separated; all when empty',
  ),
  nodeLeases: setting(
    'node-leases',
    'MULTIGRID_NODE_LEASES',
    'true',
    'true or false: hear by their leases which nodes are lost',
  ),
  trainerImage: setting(
    'trainer-image',
    'MULTIGRID_TRAINER_IMAGE',
    '',
    'trainer image for jobs that name none',
  ),
  leaderElect: setting(
    'leader-elect',
    'MULTIGRID_LEADER_ELECT',
    'true',
    'true or false: only one of several replicas is active',
  ),
  leaseNamespace: setting(
    'lease-namespace',
    'MULTIGRID_POD_NAMESPACE',
    '',
    "namespace of the lease; the operator's own when empty",
  ),
  leaseName: setting('lease-name', 'MULTIGRID_LEASE_NAME', 'multigrid-operator', 'name of the lease'),
  leaseSeconds: setting(
    'lease-seconds',
    'MULTIGRID_LEASE_DURATION_SECONDS',
    '15',
    'time after which another replica takes over',
  ),
  renewDeadlineSeconds: setting(
    'renew-deadline-seconds',
    'MULTIGRID_LEASE_RENEW_DEADLINE_SECONDS',
    '10',
    'time without renewal after which a leader stops',
  ),
  retryPeriodSeconds: setting(
    'retry-period-seconds',
    'MULTIGRID_LEASE_RETRY_PERIOD_SECONDS',
    '2',
    'time between renewals',
  ),
  concurrency: setting('concurrency', 'MULTIGRID_CONCURRENCY', '8', 'jobs reconciled concurrently'),
  logLevel: setting('log-level', 'MULTIGRID_LOG_LEVEL', 'info', LEVELS.join(', ')),
  metricsPort: setting('metrics-port', 'MULTIGRID_METRICS_PORT', '8080', 'port of /metrics'),
  healthPort: setting('health-port', 'MULTIGRID_HEALTH_PORT', '8081', 'port of /healthz and /readyz'),
  identity: setting('identity', 'MULTIGRID_POD_NAME', '', "this replica's name in the lease and in events"),
} as const;

type Key = keyof typeof SETTINGS;

const SECOND_MS = 1000;
const LARGEST_PORT = 65_535;
const MOST_CONCURRENT = 1000;
const LONGEST_LEASE_SECONDS = 3600;

/** @throws ConfigError with every mistake. */
export function readConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): OperatorConfig {
  const text = valuesOf(args, environment);
  const problems: string[] = [];
  const number = (key: Key, least: number, most: number): number => {
    const value = Number(text[key]);
    if (text[key].trim() === '' || !(value >= least && value <= most)) {
      problems.push(`--${SETTINGS[key].flag} must be a number from ${least} to ${most}, not "${text[key]}"`);
    }
    return value;
  };
  const config: OperatorConfig = {
    kubeconfig: text.kubeconfig === '' ? null : text.kubeconfig,
    namespaces: namesIn(text.namespaces),
    hasNodeLeases: text.nodeLeases === 'true',
    trainerImage: text.trainerImage,
    lease:
      text.leaderElect === 'false'
        ? null
        : {
            namespace: text.leaseNamespace === '' ? null : text.leaseNamespace,
            name: text.leaseName,
            leaseMs: number('leaseSeconds', 1, LONGEST_LEASE_SECONDS) * SECOND_MS,
            renewDeadlineMs: number('renewDeadlineSeconds', 0.1, LONGEST_LEASE_SECONDS) * SECOND_MS,
            retryMs: number('retryPeriodSeconds', 0.01, LONGEST_LEASE_SECONDS) * SECOND_MS,
          },
    concurrency: number('concurrency', 1, MOST_CONCURRENT),
    logLevel: LEVELS.find((level) => level === text.logLevel) ?? 'info',
    metricsPort: number('metricsPort', 0, LARGEST_PORT),
    healthPort: number('healthPort', 0, LARGEST_PORT),
    identity: text.identity === '' ? null : text.identity,
  };
  problems.push(...contradictions(config, text));
  if (problems.length > 0) {
    throw new ConfigError(`${problems.join('\n')}\n\n${usage()}`);
  }
  return config;
}

function contradictions(
  { trainerImage, lease, logLevel }: OperatorConfig,
  text: Readonly<Record<Key, string>>,
): readonly string[] {
  const found: string[] = [];
  if (trainerImage === '') {
    found.push('--trainer-image (or MULTIGRID_TRAINER_IMAGE) must name the image of the trainer');
  }
  for (const key of ['leaderElect', 'nodeLeases'] as const) {
    if (!['true', 'false'].includes(text[key])) {
      found.push(`--${SETTINGS[key].flag} must be true or false, not "${text[key]}"`);
    }
  }
  if (logLevel !== text.logLevel) {
    found.push(`--log-level must be one of ${LEVELS.join(', ')}, not "${text.logLevel}"`);
  }
  if (lease !== null && !(lease.retryMs < lease.renewDeadlineMs && lease.renewDeadlineMs < lease.leaseMs)) {
    found.push(
      '--retry-period-seconds must be below --renew-deadline-seconds, and that below --lease-seconds',
    );
  }
  return found;
}

function valuesOf(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<Key, string>> {
  const flags = Object.fromEntries(
    Object.values(SETTINGS).map(({ flag }) => [flag, { type: 'string' }] as const),
  );
  let given: Readonly<Record<string, unknown>>;
  try {
    given = parseArgs({ args: [...args], options: flags }).values;
  } catch (error) {
    throw new ConfigError(`${messageOf(error)}\n\n${usage()}`, {
      cause: error,
    });
  }
  const valueOf = (key: Key): string => {
    const { flag, variable, fallback } = SETTINGS[key];
    const value = given[flag];
    return typeof value === 'string' ? value : (environment[variable] ?? fallback);
  };
  return {
    kubeconfig: valueOf('kubeconfig'),
    namespaces: valueOf('namespaces'),
    nodeLeases: valueOf('nodeLeases'),
    trainerImage: valueOf('trainerImage'),
    leaderElect: valueOf('leaderElect'),
    leaseNamespace: valueOf('leaseNamespace'),
    leaseName: valueOf('leaseName'),
    leaseSeconds: valueOf('leaseSeconds'),
    renewDeadlineSeconds: valueOf('renewDeadlineSeconds'),
    retryPeriodSeconds: valueOf('retryPeriodSeconds'),
    concurrency: valueOf('concurrency'),
    logLevel: valueOf('logLevel'),
    metricsPort: valueOf('metricsPort'),
    healthPort: valueOf('healthPort'),
    identity: valueOf('identity'),
  };
}

function namesIn(list: string): readonly string[] | null {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 ? null : names;
}

function usage(): string {
  const lines = Object.values(SETTINGS).map(
    ({ flag, variable, fallback, help }) =>
      `  --${flag.padEnd(24)}${help}${fallback === '' ? '' : ` (${fallback})`}; $${variable}`,
  );
  return ['Settings of the operator:', ...lines].join('\n');
}

function setting(flag: string, variable: string, fallback: string, help: string): Setting {
  return { flag, variable, fallback, help };
}
