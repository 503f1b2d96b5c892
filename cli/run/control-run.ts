/**
 * The operator at work on one job of this machine: queue, controller and watches, from now until the job is over. In
 * come a platform and the signals of the person in front of it, out comes the job as it is at the end.
 */
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { watchJobFile } from '../../job-store/job-file-watch.ts';
import type { JobFile } from '../../job-store/job-file.ts';
import { isConditionTrue, isFinished, type StoredJob } from '../../multigrid/object/job-object.ts';
import { createReconciler } from '../../operator/controller/reconcile.ts';
import type { LocalPlatform } from '../../operator/platform/local/local-platform.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';
import type { TrainingJob } from '../../operator/platform/platform.ts';
import { runController } from '../../operator/runtime/controller.ts';
import { WorkQueue } from '../../operator/runtime/work-queue.ts';

/** How a run and the person who started it hear of each other. */
export interface RunHooks {
  /** Abort it to have the trainer save, and the run end as `interrupted`. */
  readonly signal?: AbortSignal;
  /** Abort it to end the trainer at once. */
  readonly killSignal?: AbortSignal;
  /** Called with the job as it is, first and after every change. */
  readonly onStatus?: (job: StoredJob) => void;
  /** Told of what a person should know and the status does not say. */
  readonly onNotice?: (message: string) => void;
}

const INTERRUPTION = 'the run was stopped by the user';

/**
 * Resolves when the job is finished or was stopped, and its trainer is gone.
 *
 * @param lost - aborts when the folder is another run's: the trainer is ended at once and nothing more is written
 * @throws JobFileMissingError when the job file is deleted under way; the trainer is ended first. The reason of `lost`.
 */
export async function controlRun(
  platform: LocalPlatform,
  file: JobFile,
  { lost, ...hooks }: RunHooks & { readonly lost: AbortSignal },
): Promise<StoredJob> {
  const queue = new WorkQueue({ now: nodeEffects.monotonicNow, sleep: nodeEffects.sleep });
  const over = new AbortController();
  const unhook = hookSignals(platform, hooks);
  const leave = (): void => {
    queue.close();
    void platform.kill();
  };
  lost.addEventListener('abort', leave);
  const parts = [
    platform.watch((name) => {
      queue.add(name);
    }, over.signal),
    showStatus(file, hooks, over.signal),
    reconcileToEnd(platform, queue, hooks).finally(() => {
      over.abort();
    }),
  ];
  try {
    await Promise.all(parts);
    lost.throwIfAborted();
    return await file.read();
  } finally {
    unhook();
    lost.removeEventListener('abort', leave);
    queue.close();
    over.abort();
    await platform.kill();
    await platform.eventsWritten();
    await Promise.allSettled(parts);
  }
}

async function reconcileToEnd(platform: LocalPlatform, queue: WorkQueue, hooks: RunHooks): Promise<void> {
  const { now, monotonicNow } = nodeEffects;
  const reconcile = createReconciler({ platform, now, monotonicNow });
  const notice = onceInARow(hooks.onNotice);
  await runController({
    queue,
    random: Math.random,
    reconcile: async (name) => {
      const result = await reconcile(name);
      const job = await platform.getJob();
      if (job === null || (await isOver(job, platform))) {
        queue.close();
      }
      return result;
    },
    onError: (_name, error) => {
      notice(messageOf(error));
    },
  });
}

/** Whether nothing more will happen to the job by itself. */
async function isOver(job: TrainingJob, platform: LocalPlatform): Promise<boolean> {
  const { state } = await platform.observeWorkers();
  if (state === 'running' || state === 'starting') {
    return false;
  }
  const isStopped = platform.interruption() !== null && isConditionTrue(job, 'Suspended');
  const isRefused = job.status?.conditions?.some(
    ({ type, status }) => type === 'PlanReady' && status === 'False',
  );
  return isFinished(job) || isStopped || isRefused === true;
}

async function showStatus(file: JobFile, { onStatus }: RunHooks, signal: AbortSignal): Promise<void> {
  if (onStatus === undefined) {
    return;
  }
  const show = async (): Promise<void> => {
    const job = await file.read().catch(() => null);
    // A file that a person is just breaking is reported by the reconcile, once; the display waits for the next one.
    if (job !== null) {
      onStatus(job);
    }
  };
  await watchJobFile(file, nodeEffects, show, signal);
  await show();
}

function hookSignals(platform: LocalPlatform, { signal, killSignal }: RunHooks): () => void {
  const interrupt = (): void => {
    platform.interrupt(INTERRUPTION);
  };
  const kill = (): void => {
    platform.interrupt(INTERRUPTION);
    void platform.kill();
  };
  if (signal?.aborted === true) {
    interrupt();
  }
  signal?.addEventListener('abort', interrupt);
  killSignal?.addEventListener('abort', kill);
  return () => {
    signal?.removeEventListener('abort', interrupt);
    killSignal?.removeEventListener('abort', kill);
  };
}

/** Passes a message on unless it is the one before again: a fault that lasts is tried again and again. */
function onceInARow(onNotice: RunHooks['onNotice']): (message: string) => void {
  let last = '';
  return (message) => {
    if (message !== last) {
      last = message;
      onNotice?.(message);
    }
  };
}
