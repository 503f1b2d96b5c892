/**
 * One watch of the client, as something to wait for. In come a path, whom to tell of each event, and a signal; out comes how
 * the stream ended. Called by `api-server.ts`.
 */
import { type KubeConfig, Watch } from '@kubernetes/client-node';
import { requestError } from './api-failure.ts';
import { type WatchedObject, watchedObject } from './watched-object.ts';

export interface WatchRequest {
  readonly config: KubeConfig;
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | boolean>>;
}

/**
 * @param onEvent what it throws ends the watch and is thrown on
 * @returns `silent` when nothing came for half a minute: the job is quiet, or the line is dead at the other end
 * @throws ApiRequestError when the stream breaks or is refused; the signal's reason.
 */
export async function readWatch(
  { config, path, query }: WatchRequest,
  onEvent: (event: WatchedObject) => void,
  signal: AbortSignal,
): Promise<'ended' | 'silent'> {
  const { promise: end, resolve, reject } = Promise.withResolvers<'ended' | 'silent'>();
  let isOver = false;
  const stream = await new Watch(config).watch(
    path,
    query,
    (type: string, object: unknown) => {
      if (isOver) {
        return;
      }
      try {
        onEvent(watchedObject(type, object));
      } catch (error) {
        isOver = true;
        reject(error);
      }
    },
    (error: unknown) => {
      isOver = true;
      if (error === null || error === undefined || signal.aborted) {
        resolve('ended');
      } else if (isTimeout(error)) {
        resolve('silent');
      } else {
        reject(requestError('watching the job', error));
      }
    },
  );
  const abort = (): void => {
    stream.abort();
  };
  signal.addEventListener('abort', abort);
  try {
    signal.throwIfAborted();
    return await end;
  } finally {
    signal.removeEventListener('abort', abort);
    stream.abort();
  }
}

/** The client's timer, which every event sets back. */
function isTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError';
}
