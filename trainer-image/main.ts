/**
 * The trainer process. Reads its surroundings from the environment (the only place that does), opens the link to its
 * job, trains, and ends with an exit code that says whether a restart could help. SIGTERM asks for a checkpoint and an
 * orderly end; when the process that started it vanishes, it ends at once.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import winston from 'winston';
import { FileJobLink } from './link/file-job-link.ts';
import type { JobLink } from './link/job-link.ts';
import { nodeEffects } from './link/node-effects.ts';
import { readCpuQuota, usableCores } from './train/cpu-limit.ts';
import { failureOf } from './train/failure-of.ts';
import { processMemoryBytes } from './train/memory-limit.ts';
import { runTrainer, type TrainerEnd } from './train/run-trainer.ts';
import type { Logger } from './train/training-run.ts';
import { type World, worldOf } from './world.ts';

/** Exit code of a process that ended because of SIGTERM, after its checkpoint. */
const STOPPED = 143;
const DIRECTIVE_GRACE_MS = 10_000;

function createLogger(): Logger {
  const logger = winston.createLogger({
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Console()],
  });
  return {
    info: (message, fields) => {
      logger.info(message, fields);
    },
    warn: (message, fields) => {
      logger.warn(message, fields);
    },
  };
}

async function openLink(world: World, logger: Logger, stop: AbortController): Promise<JobLink> {
  if (world.kind === 'local') {
    return FileJobLink.open({
      folder: dirname(world.jobFile),
      effects: nodeEffects,
      onError: (error) => {
        logger.warn('the job object could not be reached', { error: String(error) });
      },
    });
  }
  const { openClusterLink } = await import('./link/cluster/open-link.ts');
  const { namespace, jobName, podName, rank, outputDir } = world;
  return openClusterLink({
    ...{ podName, rank, outputDir, logger },
    job: { namespace, name: jobName },
    effects: nodeEffects,
    kubeconfig: process.env['KUBECONFIG'],
    signal: stop.signal,
    onGone: (error) => {
      logger.warn(error.message);
      stop.abort(error);
    },
    onLockLost: (error) => {
      // What another trainer now writes must not be written into, not even by an orderly end.
      process.stderr.write(`${String(error)}\n`);
      process.exit(failureOf(error).exitCode);
    },
  });
}

async function main(): Promise<number> {
  const logger = createLogger();
  const stop = new AbortController();
  process.once('SIGTERM', () => {
    stop.abort(new Error('SIGTERM'));
  });
  process.once('disconnect', () => {
    if (process.exitCode !== undefined) {
      return;
    }
    // Nobody would see this process any more. A SIGKILL leaves no half-written checkpoint that a resume would take.
    process.kill(process.pid, 'SIGKILL');
  });
  const world = worldOf(process.env);
  const quota = await readCpuQuota((path) => readFile(path, 'utf8'));
  let link: JobLink | null = null;
  try {
    link = await openLink(world, logger, stop);
    const end = await runTrainer(
      {
        link,
        outputDir: world.outputDir,
        dataDir: world.dataDir,
        worldSize: world.worldSize,
        onnxRuntime: process.env['MULTIGRID_ONNXRUNTIME'],
        cores: Number(process.env['MULTIGRID_CORES'] ?? usableCores(availableParallelism(), quota)),
        memoryBytes: processMemoryBytes(totalmem(), process.constrainedMemory()),
        directiveGraceMs: DIRECTIVE_GRACE_MS,
        logger,
        nowMs: () => performance.now(),
        wallClock: () => new Date(),
      },
      stop.signal,
    );
    return exitCodeOf(end, logger);
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) {
      // Asked to stop before there was a job to be seen.
      return STOPPED;
    }
    throw error;
  } finally {
    await link?.close(stop.signal);
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

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${Error.isError(error) ? (error.stack ?? error.message) : String(error)}\n`);
  return failureOf(error).exitCode;
});
if (process.connected) {
  process.disconnect();
}
