/**
 * The trainer process. Reads its surroundings from the environment (the only place that does), opens the link to its
 * job, trains, and ends with an exit code that says whether a restart could help. SIGTERM asks for a checkpoint and an
 * orderly end; when the process that started it vanishes, it ends at once.
 */
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import winston from 'winston';
import { FileJobLink } from './link/file-job-link.ts';
import { nodeEffects } from './link/node-effects.ts';
import { failureOf } from './train/failure-of.ts';
import { processMemoryBytes } from './train/memory-limit.ts';
import { runTrainer, type TrainerEnd } from './train/run-trainer.ts';
import type { Logger } from './train/training-run.ts';

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

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`the environment variable ${name} is not set; the operator or \`multigrid run\` sets it`);
  }
  return value;
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
  const jobFile = required('MULTIGRID_JOB_FILE');
  const link = await FileJobLink.open({
    folder: dirname(jobFile),
    effects: nodeEffects,
    onError: (error) => {
      logger.warn('the job object could not be reached', { error: String(error) });
    },
  });
  try {
    const end = await runTrainer(
      {
        link,
        outputDir: required('MULTIGRID_OUTPUT'),
        dataDir: required('MULTIGRID_DATA_ROOT'),
        onnxRuntime: process.env['MULTIGRID_ONNXRUNTIME'],
        cores: Number(process.env['MULTIGRID_CORES'] ?? availableParallelism()),
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
    if (error === stop.signal.reason) {
      // Asked to stop before there was anything to save.
      return STOPPED;
    }
    throw error;
  } finally {
    await link.close();
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
