/**
 * Makes many videos in worker processes: FFmpeg and the pixel loops get a core each, and a crash of native code costs
 * one worker instead of this process. In: what is missing. Out: its
 * records.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { VideoKey } from './random-stream.ts';
import type { VideoRecord } from './video-maker.ts';
import { isWorkerReport, type WorkerReport, type WorkOrder } from './worker-messages.ts';

/** Thrown when a worker could not make its videos; what was finished stays. */
export class DatasetWorkerError extends Error {
  override readonly name = 'DatasetWorkerError';

  constructor(problem: string) {
    super(
      `Making the dataset stopped: ${problem}. Finished videos are kept; run the same command again to continue.`,
    );
  }
}

export interface PoolOptions {
  readonly directory: string;
  /** Side of the picture, pixels. */
  readonly size: number;
  /** At most so many processes. */
  readonly workers: number;
  /** Called for every video, in the order of completion. */
  readonly onVideo: (record: VideoRecord, isNew: boolean) => void;
  readonly signal: AbortSignal;
}

/** Large enough to keep IPC out of the way, small enough that no worker ends long after the other. */
const VIDEOS_PER_ORDER = 8;

/**
 * @throws {@link DatasetWorkerError} when a worker fails or dies; the signal's reason when aborted. No worker is left
 *   running in either case.
 */
export async function makeVideos(videos: readonly VideoKey[], options: PoolOptions): Promise<void> {
  options.signal.throwIfAborted();
  const orders = splitInOrders(videos, options);
  const stop = new AbortController();
  const count = Math.min(options.workers, orders.length);
  const work = Array.from({ length: count }, () => employWorker(orders, options, stop.signal));
  const abort = (): void => {
    stop.abort();
  };
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.all(work);
  } finally {
    stop.abort();
    options.signal.removeEventListener('abort', abort);
    await Promise.allSettled(work);
  }
  options.signal.throwIfAborted();
}

function splitInOrders(videos: readonly VideoKey[], { directory, size }: PoolOptions): WorkOrder[] {
  const orders: WorkOrder[] = [];
  for (let first = 0; first < videos.length; first += VIDEOS_PER_ORDER) {
    orders.push({ kind: 'make', directory, size, videos: videos.slice(first, first + VIDEOS_PER_ORDER) });
  }
  return orders;
}

/** Runs one worker until no order is left; resolves when its process has ended. */
function employWorker(orders: WorkOrder[], options: PoolOptions, stop: AbortSignal): Promise<undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const worker = startWorker();
  let problem: string | undefined;
  let isDone = false;

  const kill = (): void => {
    worker.kill('SIGKILL');
  };
  const act = (report: WorkerReport): void => {
    switch (report.kind) {
      case 'made':
        options.onVideo(report.record, report.isNew);
        break;
      case 'failed':
        problem = report.problem;
        worker.disconnect();
        break;
      case 'idle': {
        const order = orders.shift();
        isDone = order === undefined;
        if (order === undefined) {
          worker.disconnect();
        } else {
          worker.send(order);
        }
      }
    }
  };
  worker.on('message', (message) => {
    if (isWorkerReport(message)) {
      act(message);
    }
  });
  const finish = (death: string): void => {
    stop.removeEventListener('abort', kill);
    if (isDone || stop.aborted) {
      resolve(undefined);
    } else {
      reject(new DatasetWorkerError(problem ?? death));
    }
  };
  worker.on('error', (error) => {
    problem ??= error.message;
    if (worker.pid === undefined) {
      finish('no worker process could be started');
    }
  });
  worker.on('exit', (code, signal) => {
    finish(`a worker process died (${signal ?? `exit code ${code}`})`);
  });
  stop.addEventListener('abort', kill, { once: true });
  return promise;
}

function startWorker(): ChildProcess {
  const file = fileURLToPath(new URL('worker.ts', import.meta.url));
  // Flags of this process (a test runner's, an inspector's port) are not the worker's.
  return fork(file, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}
