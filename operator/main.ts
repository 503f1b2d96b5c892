/**
 * The operator as a process. Reads flags and environment (the only place that does), runs until SIGTERM or SIGINT, and
 * then ends in order: no new looks at jobs, those that run come to their end, the lease is given back. A replica that
 * lost its lease ends with an error and is started anew by whoever started it.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { EXIT, STOP_CODES } from '../multigrid/contract/exit-codes.ts';
import { PLURAL } from '../multigrid/contract/names.ts';
import { textAt } from '../multigrid/json/fields.ts';
import { sleep } from '../timing/timers.ts';
import { ConfigError, readConfig, type OperatorConfig } from './config.ts';
import { createLogger, inWords, withoutFlood, type Logger } from './logging/logger.ts';
import { Operator } from './operator.ts';
import { NoClusterError } from '../kube/api-errors.ts';
import { ClusterAccess } from '../kube/cluster-access.ts';
import { healthOf, metricsOf, serve } from '../telemetry/http-server.ts';
import { addJobMetrics } from './telemetry/job-metrics.ts';
import { meteredPlatform } from './telemetry/metered-platform.ts';
import { meteredReconcile } from './telemetry/metered-reconcile.ts';
import { createOperatorMetrics } from './telemetry/operator-metrics.ts';

/** Of the token that the workers of a job share. */
const TOKEN_BYTES = 32;

/** A signal that comes again means now. */

async function runOperator(config: OperatorConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  const version = versionOfPackage();
  const revision = process.env['MULTIGRID_REVISION'] ?? 'unknown';
  const metrics = createOperatorMetrics(
    { version, revision, nodeVersion: process.versions.node },
    { queue: PLURAL, lease: config.lease?.name ?? 'none' },
  );
  const monotonicNow = (): number => performance.now();
  const access = ClusterAccess.load(config.kubeconfig, monotonicNow);
  const operator = new Operator({
    config,
    access,
    // Two replicas never have the same name, not even one after the other on the same host.
    identity: `${config.identity ?? hostname()}_${randomUUID().slice(0, 8)}`,
    userAgent: `multigrid-operator/${version}`,
    logger,
    observer: {
      ...metrics,
      platform: (platform, now) => meteredPlatform(platform, metrics, now),
      reconcile: (reconcile) => meteredReconcile(reconcile, metrics, monotonicNow),
    },
    now: Date.now,
    monotonicNow,
    sleep,
    random: Math.random,
    newToken: () => randomBytes(TOKEN_BYTES).toString('hex'),
  });
  const { cache } = operator.platform;
  addJobMetrics(metrics.registry, () => cache.jobs.values());
  const health = await serve(config.healthPort, {
    '/healthz': healthOf([]),
    '/readyz': healthOf([() => (cache.isSynced ? null : 'the first lists have not come yet')]),
  });
  const scraped = await serve(config.metricsPort, { '/metrics': metricsOf(metrics.registry) });
  logger.info('the operator is up', { version, metricsPort: scraped.port, healthPort: health.port });
  try {
    await operator.run(signal);
  } finally {
    await Promise.all([health.close(), scraped.close(), access.close()]);
  }
}

function versionOfPackage(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const value: unknown = JSON.parse(text);
  return textAt(value, 'version') ?? 'unknown';
}

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) {
        process.exit(STOP_CODES.SIGINT);
      }
      stop.abort();
    });
  }
  let logger = createLogger('info');
  try {
    const config = readConfig(process.argv.slice(2), process.env);
    logger = withoutFlood(createLogger(config.logLevel), () => performance.now());
    await runOperator(config, logger, stop.signal);
    return 0;
  } catch (error) {
    if (error instanceof ConfigError || error instanceof NoClusterError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.usage;
    }
    logger.error('the operator ends', { error: inWords(error) });
    return EXIT.internal;
  }
}

process.exitCode = await main();
