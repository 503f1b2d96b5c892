/**
 * One trainer from start to end, in four stages: prepare, open, train, finish. In: what is around the trainer, and a signal that
 * asks it to stop. Out: how it ended, which it has said in progress as well, with everything that was open closed.
 */
import type { CheckpointReference } from '../../multigrid/progress.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { closingAll } from '../closing.ts';
import { JointStop } from './collective/joint-stop.ts';
import { StopRequested } from './errors.ts';
import { type FailureExit, failureOf } from './progress/failure-of.ts';
import { finish } from './finish.ts';
import { errorFrom, lastWordsOf } from './progress/last-words.ts';
import { keepSpeaking } from './progress/keep-speaking.ts';
import type { Logger } from './logger.ts';
import { train } from './loop.ts';
import { openTraining, type Training } from './open-training.ts';
import { prepare } from './prepare.ts';
import { ProgressReporter } from './progress/progress-reporter.ts';
import { probeMemory } from './steps/probe-memory.ts';
import type { Surroundings } from './surroundings.ts';

/** How a trainer ended. */
export type TrainerEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped'; readonly checkpoint: CheckpointReference | null }
  | { readonly kind: 'failed'; readonly failure: FailureExit; readonly error: unknown };

/**
 * Trains the job that the link belongs to, to its end, and says in progress how it ended.
 *
 * @throws only when there is no job to read; everything later is an end of its own.
 */
export async function runTrainer(surroundings: Surroundings, signal: AbortSignal): Promise<TrainerEnd> {
  const { link } = surroundings;
  const job = await link.job(signal);
  const reporter = new ProgressReporter(link, surroundings.wallClock);
  reporter.remember(job.status?.progress);
  const unlisten = surroundings.patience.listen((outage) => {
    void reporter.tellTrouble(outage === null ? null : { reason: 'StorageUnavailable', ...outage });
  });
  const over = new AbortController();
  const speaking = keepSpeaking(reporter, surroundings.sleep, over.signal);
  try {
    try {
      await Promise.race([trainJob(job, surroundings, reporter, signal), failureOfOther(surroundings)]);
    } finally {
      unlisten();
      over.abort();
      await speaking;
    }
    await reporter.say('Finished');
    return { kind: 'finished' };
  } catch (error) {
    if (error instanceof StopRequested) {
      await reporter.say('Stopped');
      return { kind: 'stopped', checkpoint: error.checkpoint };
    }
    if (signal.aborted && error === signal.reason) {
      // Before there was anything to save. Nothing is said: what stands there, of an earlier trainer, is still true.
      return { kind: 'stopped', checkpoint: null };
    }
    const failure = failureOf(error);
    const { reason, message, retryable } = failure;
    await reporter.say('Failed', { reason, message, retryable });
    return { kind: 'failed', failure, error };
  }
}

/** A worker that the operator does not hear tells the first one why it fails, before anything is closed. */
async function sayingWhy<Result>(
  { collective }: Pick<Surroundings, 'collective'>,
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const isStop = error instanceof StopRequested || (signal.aborted && error === signal.reason);
    if (collective.rank > 0 && !isStop) {
      collective.sayLastWords(lastWordsOf(failureOf(error), collective.rank));
    }
    throw error;
  }
}

/** Rejects when another worker says why it fails: this one may be in the middle of something that never ends without it. */
async function failureOfOther({ collective }: Surroundings): Promise<never> {
  throw errorFrom(await collective.lastWords);
}

async function trainJob(
  job: StoredJob,
  surroundings: Surroundings,
  reporter: ProgressReporter,
  signal: AbortSignal,
): Promise<void> {
  const { logger, collective } = surroundings;
  const prepared = await sayingWhy(surroundings, prepare(job, surroundings, reporter, signal), signal);
  await closingAll(
    async (opened) => {
      const stop = new JointStop(collective, signal);
      const opening = { prepared, surroundings, reporter, stop };
      const work = async (): Promise<void> => {
        await trainToEnd(await openTraining(opening, opened, signal), stop, logger);
      };
      await sayingWhy(surroundings, work(), signal);
    },
    (what, error) => {
      logger.warn(`${what} could not be closed`, { error: String(error) });
    },
  );
}

async function trainToEnd(training: Training, stop: JointStop, logger: Logger): Promise<void> {
  const { signal } = stop;
  try {
    await stop.together((asked) => probeMemory(training.probe, asked));
    training.state.startClock();
    await train(training.loop, signal);
    await training.steps.keepOnly([]);
    const result = await finish(training.finish, signal);
    logger.info('finished', { top1: result?.top1, seconds: result?.seconds });
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      throw new StopRequested(await training.checkpointing.save());
    }
    throw error;
  }
}
