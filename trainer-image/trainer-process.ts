/**
 * What a trainer process does from start to end: it makes out where it is, opens the link to its job, trains, and
 * answers with an exit code that says whether a restart could help. In come the environment and the wish to stop.
 */
import { basename, dirname } from 'node:path';
import { TRAINER } from '../multigrid/contract/timings.ts';
import { isOwnFailure, STOPPED } from '../multigrid/contract/exit-codes.ts';
import { HEALTH_PATH } from '../multigrid/contract/trainer-pod.ts';
import { TRAINER_ENV } from '../multigrid/contract/environment.ts';
import { closingAll } from './closing.ts';
import { createLogger } from './console-logger.ts';
import { FileJobLink } from './link/file-job-link.ts';
import type { JobLink } from './link/job-link.ts';
import { nodeEffects } from '../job-store/node-effects.ts';
import { Patience } from '../storage/patience.ts';
import { readMachine, threadPoolSize } from './machine.ts';
import { launchedRank, localPlace } from './mpi/launched.ts';
import { shareAmongWorkers } from './train/opening/share-machine.ts';
import { failureOf } from './train/progress/failure-of.ts';
import { sayOutputInUse } from './train/progress/output-in-use.ts';
import { openCollective } from './train/collective/open-collective.ts';
import { SharedLink } from './train/collective/shared-link.ts';
import { runTrainer, type TrainerEnd } from './train/run-trainer.ts';
import type { RunEvent } from './run-folder/events.ts';
import type { Logger } from './train/logger.ts';
import { type Check, healthOf, metricsOf, serve } from '../telemetry/http-server.ts';
import { createTrainerMetrics } from './telemetry/trainer-metrics.ts';
import { type Environment, type World, worldOf } from './world.ts';

async function openLink(
  world: World,
  {
    env,
    logger,
    stop,
    patience,
    probedMs,
  }: {
    readonly env: Environment;
    readonly logger: Logger;
    readonly stop: AbortController;
    readonly patience: Patience;
    readonly probedMs: () => number;
  },
): Promise<JobLink> {
  if (world.kind === 'local') {
    return FileJobLink.open({
      folder: dirname(world.jobFile),
      effects: nodeEffects,
      patience,
      onError: (error) => {
        logger.warn('the job object could not be reached', { error: String(error) });
      },
      onWaiting: ({ description }) => {
        logger.info('waiting for the output folder', { holder: description });
      },
      onLockLost: endAtOnce,
    });
  }
  const { openClusterLink } = await import('./link/cluster/open-link.ts');
  const { namespace, jobName, podName, podUid, rank, outputDir } = world;
  return openClusterLink({
    ...{ podName, podUid, rank, outputDir, logger, patience, probedMs, onLockLost: endAtOnce },
    job: { namespace, name: jobName },
    effects: nodeEffects,
    kubeconfig: env['KUBECONFIG'],
    signal: stop.signal,
    sayInUse: (link, holder, signal) =>
      sayOutputInUse(link, holder, { wallClock, sleep: nodeEffects.sleep }, signal),
    onGone: (error) => {
      logger.warn(error.message);
      stop.abort(error);
    },
  });
}

/** For the first worker to say why another one failed. */
const LAST_WORDS_MS = 5000;

/** Whether all workers come to this end at the same place. Any other end of one of them takes the others along. */
function isEndOfAll(end: TrainerEnd): boolean {
  return end.kind === 'finished' || (end.kind === 'stopped' && end.checkpoint !== null);
}

const wallClock = (): Date => new Date();

/** What another trainer now writes must not be written into, not even by an orderly end. */
function endAtOnce(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
  process.exit(failureOf(error).exitCode);
}

/** What only a main file may do to its process. */
export interface ProcessControl {
  /** Asks for an orderly end. */
  readonly stop: AbortController;
  /** Sets the size of libuv's pool, which holds if nothing has used the pool before. */
  readonly sizeThreadPool: (threads: number) => void;
}

/** @returns the exit code */
export async function trainerProcess(env: Environment, control: ProcessControl): Promise<number> {
  try {
    return await run(env, control);
  } catch (error) {
    process.stderr.write(`${Error.isError(error) ? (error.stack ?? error.message) : String(error)}\n`);
    return failureOf(error).exitCode;
  }
}

async function run(env: Environment, { stop, sizeThreadPool }: ProcessControl): Promise<number> {
  const world = worldOf(env);
  const place = localPlace(env);
  const whole = readMachine();
  const { cores, memoryBytes } = shareAmongWorkers({ ...whole, cores: world.cores ?? whole.cores }, place);
  // Before anything that is asynchronous: the first use of the pool fixes its size.
  sizeThreadPool(threadPoolSize(cores, env['UV_THREADPOOL_SIZE']));
  const logger = createLogger(launchedRank(env));
  const patience = new Patience({
    sleep: nodeEffects.sleep,
    monotonicNow: nodeEffects.monotonicNow,
    random: Math.random,
    stop: stop.signal,
  });
  patience.listen((outage) => {
    if (outage === null) {
      logger.info('the disk responds again');
    } else {
      logger.warn('waiting for a disk', { why: outage.message });
    }
  });
  const collective = await openCollective(env);
  /** What the training itself ended with; an error of closing does not change a bad end. */
  const ended = { code: 0, isTogether: false };
  try {
    await closingAll(
      async (opened) => {
        let probedMs = Number.NEGATIVE_INFINITY;
        const onProbe = (): void => {
          probedMs = nodeEffects.monotonicNow();
        };
        // One for the workers of a machine: they would take each other's port.
        const telemetry = place.index === 0 ? await openTelemetry(world, logger, onProbe) : null;
        opened.keep('the server for metrics', telemetry, (it) => it?.close());
        const openOwn = async (): Promise<JobLink> => {
          const own = await openLink(world, { ...{ env, logger, stop, patience }, probedMs: () => probedMs });
          return opened.keep('the link to the job', own, (it) => it.close(stop.signal));
        };
        const link =
          collective.size === 1 ? await openOwn() : await SharedLink.open(collective, openOwn, stop.signal);
        const end = await runTrainer(
          {
            link,
            outputDir: world.outputDir,
            dataDir: world.dataDir,
            recordsJob: world.kind === 'cluster',
            collective,
            worldSize: Math.max(world.worldSize, collective.size),
            rank: collective.size > 1 || world.kind === 'local' ? collective.rank : world.rank,
            localRank: place.index,
            onnxRuntime: env[TRAINER_ENV.onnxRuntime],
            nccl: env[TRAINER_ENV.nccl],
            cores,
            memoryBytes,
            directiveGraceMs: TRAINER.directiveGraceMs,
            onEvent: telemetry?.observe,
            logger,
            patience,
            nowMs: () => performance.now(),
            wallClock,
            sleep: nodeEffects.sleep,
          },
          stop.signal,
        );
        ended.code = exitCodeOf(end, logger);
        ended.isTogether = isEndOfAll(end);
      },
      (what, error) => {
        logger.warn(`${what} could not be closed`, { error: String(error) });
      },
    );
    if (ended.isTogether) {
      await collective.close();
    } else if (collective.rank > 0 && isOwnFailure(ended.code)) {
      // The first worker has heard why, says so, and ends all.
      await nodeEffects.sleep(LAST_WORDS_MS);
    }
    return ended.code;
  } catch (error) {
    if (isOwnFailure(ended.code)) {
      return ended.code;
    }
    if (stop.signal.aborted && error === stop.signal.reason) {
      // Asked to stop before there was a job to be seen.
      return STOPPED;
    }
    throw error;
  }
}

interface Telemetry {
  readonly observe: (event: RunEvent) => void;
  close(): Promise<void>;
}

/**
 * Metrics and health where they are asked for. A port that cannot be had is no reason not to train.
 *
 * @param onProbe - told whenever somebody asks whether the trainer is there: that it answers is the answer
 */
async function openTelemetry(world: World, logger: Logger, onProbe: () => void): Promise<Telemetry | null> {
  if (world.metricsPort === null) {
    return null;
  }
  const labels =
    world.kind === 'cluster'
      ? { job_namespace: world.namespace, job_name: world.jobName }
      : { job_namespace: '', job_name: basename(world.outputDir) };
  const { registry, observe } = createTrainerMetrics(labels);
  try {
    const isThere: Check = () => {
      onProbe();
      return null;
    };
    const routes = { '/metrics': metricsOf(registry), [HEALTH_PATH]: healthOf([isThere]) };
    const server = await serve(world.metricsPort, routes);
    logger.info('serving metrics', { port: server.port });
    return { observe, close: () => server.close() };
  } catch (error) {
    logger.warn('metrics cannot be served', { port: world.metricsPort, error: String(error) });
    return null;
  }
}

function exitCodeOf(end: TrainerEnd, logger: Logger): number {
  switch (end.kind) {
    case 'finished':
      return 0;
    case 'stopped':
      logger.info('stopped', { checkpoint: end.checkpoint?.path, iteration: end.checkpoint?.iteration });
      return STOPPED;
    case 'failed':
      logger.warn(end.failure.message, {
        reason: end.failure.reason,
        stack: Error.isError(end.error) ? end.error.stack : undefined,
      });
      return end.failure.exitCode;
  }
}
